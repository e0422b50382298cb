"""An org is asked with patience, with one token, and with one new login when that has expired."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jobs.ingest import http_retry
from jobs.ingest.http_retry import ATTEMPTS
from jobs.ingest.salesforce import bulk as salesforce_bulk
from jobs.ingest.salesforce.bulk import pages, run_query
from jobs.ingest.salesforce.org import Org
from jobs.ingest.salesforce.secret import SalesforceSecret
from scripts.sources.salesforce.stand_in import Fault, SalesforceStandIn
from shared.errors import SchemaDriftError, SourceContentError, SourceUnavailableError, TerminalError

pytestmark = pytest.mark.slow

ASKED = "salesforce, Thing, systemmodstamp >= 2026-01-01T00:00:00Z"
COLUMNS = ["id", "name"]
NAMES = {f"{n:018}": f'thing "{n}",\nsecond line' for n in range(1, 8)}
THINGS = [
    {"Id": key, "Name": name, "IsDeleted": "true" if key.endswith("7") else "false", "SystemModstamp": "2026-01-01"}
    for key, name in NAMES.items()
]


@pytest.fixture(scope="module")
def server():
    stand_in = SalesforceStandIn(page=3)
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def salesforce(server, monkeypatch):
    """An org of seven things, the last of them deleted, whose callers do not wait between tries."""
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0)
    server.hold({"Thing": THINGS})
    server.faults.clear()
    server.requests.clear()
    return server


def credentials(salesforce, **changes):
    return SalesforceSecret.parse(json.dumps(salesforce.secret | changes), "lakewright/local/salesforce")


@pytest.fixture
def org(salesforce):
    return Org(credentials(salesforce), ASKED)


def query(org):
    return run_query(org, "Thing", COLUMNS, "", whole=False)


def texts(org, job):
    return [page.path.read_text() for page in pages(org, job)]


def logins(salesforce):
    return [path for _, path in salesforce.requests if path.endswith("/token")]


def test_a_result_comes_in_pages_deleted_records_included(org, salesforce):
    job = query(org)
    found = texts(org, job)
    assert (7, 3) == (job.rows, len(found))
    assert '"Id","Name"\n"000000000000000007","thing ""7"",\nsecond line"\n' == found[-1]
    assert "SELECT Id, Name FROM Thing" == salesforce.queries[-1]
    assert 1 == len(logins(salesforce))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/oauth2/token", id="login"),
        pytest.param("/describe", id="describe"),
        pytest.param("/jobs/query", id="query job"),
        pytest.param("/results", id="page"),
    ],
)
@pytest.mark.parametrize(
    "status, code",
    [
        pytest.param(503, "SERVER_UNAVAILABLE", id="unavailable"),
        pytest.param(429, "", id="throttled"),
        pytest.param(403, "REQUEST_LIMIT_EXCEEDED", id="limit of requests"),
    ],
)
def test_an_org_in_passing_trouble_is_asked_again(org, salesforce, path, status, code):
    salesforce.faults.append(Fault(path, times=ATTEMPTS - 1, status=status, code=code))
    assert 3 == len(texts(org, query(org)))


def test_a_query_job_that_nobody_waits_for_is_ended(org, salesforce, monkeypatch):
    monkeypatch.setattr(salesforce_bulk, "QUERY_SECONDS", -1)
    with pytest.raises(SourceUnavailableError, match=r"the query job .* did not end; given: UploadComplete"):
        query(org)
    assert [job.is_aborted for job in salesforce.jobs.values()][-1]


@pytest.mark.parametrize("status", [pytest.param(503, id="unavailable"), pytest.param(429, id="throttled")])
def test_an_org_that_stays_in_trouble_is_unavailable(org, salesforce, status):
    salesforce.faults.append(Fault("/jobs/query", times=100, status=status))
    with pytest.raises(SourceUnavailableError, match=r"salesforce, Thing, systemmodstamp >= 2026-01-01.*5 times"):
        query(org)
    assert ATTEMPTS == len([p for _, p in salesforce.requests if p.endswith("/jobs/query")])


def test_an_expired_token_is_renewed_in_the_midst_of_a_result(org, salesforce):
    job = query(org)
    reading = pages(org, job)
    first = next(reading).path.read_text()
    salesforce.expire_tokens()
    rest = [page.path.read_text() for page in reading]
    assert [3, 3, 1] == [t.count("second line") for t in [first, *rest]]
    assert 2 == len(logins(salesforce))


def test_a_token_that_is_refused_again_after_a_new_login_is_not_tried_on(org, salesforce):
    salesforce.faults.append(Fault("/describe", times=100, status=401, code="INVALID_SESSION_ID"))
    with pytest.raises(TerminalError, match="the token is refused"):
        query(org)
    assert 2 == len(logins(salesforce))


def test_a_connection_that_drops_in_mid_page_gives_the_page_once(org, salesforce):
    job = query(org)
    salesforce.faults.append(Fault("locator=3", times=2, status=0))
    found = texts(org, job)
    assert list(NAMES) == [key for text in found for key in NAMES if key in text]
    assert [3, 3, 1] == [t.count("second line") for t in found]


def test_a_connection_that_keeps_dropping_is_unavailable(org, salesforce):
    job = query(org)
    salesforce.faults.append(Fault("/results", times=100, status=0))
    with pytest.raises(SourceUnavailableError, match="IncompleteRead, 5 times"):
        texts(org, job)


def test_fields_the_contract_does_not_know_are_asked_for_too(org, salesforce):
    salesforce.org.types["Thing.Name"] = "address"
    run_query(org, "Thing", ["id"], "SystemModstamp >= 2026-01-01T00:00:00Z", whole=True)
    expected = "SELECT Id, IsDeleted, SystemModstamp FROM Thing WHERE SystemModstamp >= 2026-01-01T00:00:00Z"
    assert expected == salesforce.queries[-1]


def test_a_field_that_is_gone_is_named_beside_those_that_are_there(org):
    with pytest.raises(SchemaDriftError, match=r"fields are missing.*: nickname; given: .*Name, IsDeleted"):
        run_query(org, "Thing", ["id", "nickname"], "", whole=False)


def test_an_object_that_is_not_there_is_told_in_salesforces_words(org):
    with pytest.raises(SourceContentError, match="400 INVALID_TYPE: sObject type 'Nope' is not supported"):
        run_query(org, "Nope", COLUMNS, "", whole=False)


def test_a_refused_login_tells_nothing(salesforce):
    org = Org(credentials(salesforce, client_secret="canary-secret"), ASKED)
    with pytest.raises(TerminalError, match="the login was refused") as refused:
        query(org)
    assert "canary" not in str(refused.value) + repr(org)


def test_a_signed_assertion_logs_in(salesforce):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    salesforce.public_key = key.public_key()
    secret = {k: v for k, v in salesforce.secret.items() if k != "client_secret"}
    given = SalesforceSecret.parse(json.dumps(secret | {"username": salesforce.username, "private_key": pem}), "s")
    assert 7 == query(Org(given, ASKED)).rows
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    salesforce.public_key = other.public_key()
    with pytest.raises(TerminalError, match="the login was refused"):
        query(Org(given, ASKED))


@pytest.mark.parametrize(
    "changes, words",
    [
        pytest.param({"login_url": "http://login.example.com"}, "login_url: not an https:// address", id="no TLS"),
        pytest.param({"client_secret": None}, "exactly one is needed", id="nothing to log in with"),
        pytest.param({"private_key": "canary"}, "exactly one is needed", id="two ways to log in"),
        pytest.param({"client_secret": None, "private_key": "canary"}, "both or none", id="no user"),
        pytest.param({"client_secrte": "canary"}, "client_secrte: extra_forbidden", id="unknown key"),
    ],
)
def test_a_malformed_secret_is_refused_without_telling_it(salesforce, changes, words):
    with pytest.raises(TerminalError, match=words) as refused:
        credentials(salesforce, **changes)
    assert "canary" not in str(refused.value)


def test_a_key_that_is_none_is_refused_without_telling_it():
    secret = {"login_url": "https://a.my.example.com", "client_id": "c", "username": "u", "private_key": "canary"}
    with pytest.raises(TerminalError, match="cannot be used") as refused:
        SalesforceSecret.parse(json.dumps(secret), "s").grant(datetime.now(UTC))
    assert "canary" not in str(refused.value)
