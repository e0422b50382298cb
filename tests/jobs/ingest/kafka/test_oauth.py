"""Tokens are asked for with patience, kept while they last, and what goes wrong is told without a secret."""

import pytest

from jobs.ingest import http_retry
from jobs.ingest.kafka import oauth as kafka_oauth
from jobs.ingest.kafka.oauth import TokenLogin, find_token
from shared.errors import SourceContentError, SourceUnavailableError, TerminalError
from tests.support.token_endpoint import SECRET, TokenEndpoint, giving_tokens

NAME = "lakewright/prod/kafka"


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0)
    kafka_oauth.forget_tokens()
    with giving_tokens(TokenEndpoint()) as served:
        yield served
    kafka_oauth.forget_tokens()


def found(endpoint, **login):
    return find_token(TokenLogin(**endpoint.login | login), "kafka, topic payments", NAME)


def test_a_token_is_kept_until_it_is_about_to_end_and_belongs_to_one_login(endpoint):
    shown = found(endpoint).header
    assert {"Authorization": f"Bearer {endpoint.given[0]}"} == shown
    assert found(endpoint) is found(endpoint)
    assert 1 == len(endpoint.given)
    found(endpoint, scope="others")
    assert ["topics", "others"] == [form["scope"] for form in endpoint.asked]
    found(endpoint, scope=None)
    assert {"grant_type": "client_credentials"} == endpoint.asked[-1]

    kafka_oauth.forget_tokens()
    endpoint.lasts = kafka_oauth.SPARE_SECONDS
    assert found(endpoint) is not found(endpoint)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param((429, {}), id="too much at once"),
        pytest.param((503, {}), id="its own fault"),
        pytest.param((200, b'{"access_token": "'), id="half an answer"),
    ],
)
def test_passing_faults_are_waited_out_or_told_by_system_topic_and_place(endpoint, fault):
    endpoint.faults = [fault] * (http_retry.ATTEMPTS - 1)
    assert found(endpoint).is_fresh

    kafka_oauth.forget_tokens()
    endpoint.faults = [fault] * http_retry.ATTEMPTS
    with pytest.raises(SourceUnavailableError, match=r"^kafka, topic payments, a token from 127.* 5 times"):
        found(endpoint)


@pytest.mark.parametrize(
    "status, login",
    [
        pytest.param(401, {"client_secret": "canary"}, id="a wrong secret"),
        pytest.param(400, {}, id="a wrong scope"),
        pytest.param(403, {}, id="not allowed"),
    ],
)
def test_a_login_that_is_refused_is_told_by_the_secrets_name_alone(endpoint, status, login):
    if not login:
        endpoint.faults = [(status, {"error": "invalid_scope", "error_description": "canary"})]
    with pytest.raises(TerminalError, match=f"the login was refused; given: status {status}; .*{NAME}") as caught:
        found(endpoint, **login)

    assert 1 == len(endpoint.asked)
    assert "canary" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "status, body, given",
    [
        pytest.param(404, {}, "status 404", id="another place"),
        pytest.param(302, {}, "status 302", id="a redirect"),
        pytest.param(200, {"token": "canary"}, "without access_token", id="another answer"),
        pytest.param(200, {"access_token": "can\r\nary"}, "without access_token", id="two lines"),
        pytest.param(200, [], "without access_token", id="no object"),
        pytest.param(200, {"access_token": "canary", "expires_in": "soon"}, "expires_in that is no number", id="soon"),
    ],
)
def test_what_gives_no_tokens_is_told(endpoint, status, body, given):
    endpoint.faults = [(status, body)]
    with pytest.raises(SourceContentError, match=f"the address does not give tokens; given: .*{given}") as caught:
        found(endpoint)

    assert "canary" not in str(caught.value)
    assert "canary" not in repr(kafka_oauth._tokens)


def test_a_token_that_does_not_say_when_it_ends_is_used_for_a_while(endpoint):
    endpoint.faults = [(200, {"access_token": "canary"})]

    token = found(endpoint)

    assert token.is_fresh
    assert "canary" not in repr(token)
