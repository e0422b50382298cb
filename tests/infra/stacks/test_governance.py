"""What each role sees once the templates and the function are applied, compared with the contracts."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from lambdas.on_access_declared.lake_formation import LakeFormation
from lambdas.on_access_declared.logic import bring, require_all_made
from scripts.local.clients import ACCOUNT
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.governance.access import LakeAccess
from shared.governance.environments import iam_role_of
from shared.key_policy import ADMITTED, TAG
from shared.names import Layer, Names
from shared.vault import VAULT
from tests.support.lake_formation import ALL_ROWS, Direct, Enforcement, Sight

# The classifications of contracts, the widest first; a column without one is `internal`.
ORDER = ["public", "internal", "confidential", "restricted"]
CLEARED = {
    "analyst": "internal",
    "data_scientist": "internal",
    "finance": "confidential",
    "pii_officer": "restricted",
    "sales": "confidential",
}


def resolved(value):  # noqa: PLR0911 - one line a form
    """A template's value with the account filled in, and each role by its name."""
    match value:
        case {"Ref": "AWS::AccountId"}:
            return ACCOUNT
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Fn::Join": [between, parts]}:
            return between.join(str(resolved(part)) for part in parts)
        case {"Fn::GetAtt": [logical_id, "Arn"]}:
            return {"role": logical_id}
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
    return value


@pytest.fixture(scope="module")
def governed(clouds):
    """Lake Formation after a deploy of prod: the resources of the templates, then the changes of the function."""
    resources = clouds["prod"].templates["Governance"]["Resources"]
    names = {key: r["Properties"].get("RoleName") for key, r in resources.items() if r["Type"] == "AWS::IAM::Role"}

    def arn(principal):
        return f"arn:aws:iam::{ACCOUNT}:role/{names[principal['role']]}" if isinstance(principal, dict) else principal

    client = Direct(ACCOUNT)
    for resource in resources.values():
        given = resolved(resource.get("Properties", {}))
        match resource["Type"]:
            case "AWS::LakeFormation::Tag":
                client.create_lf_tag(TagKey=given["TagKey"], TagValues=given["TagValues"])
            case "AWS::LakeFormation::PrincipalPermissions":
                principal = {"DataLakePrincipalIdentifier": arn(given["Principal"]["DataLakePrincipalIdentifier"])}
                client.grant_permissions(
                    Principal=principal, Resource=given["Resource"], Permissions=given["Permissions"]
                )
    for resource in resources.values():
        if resource["Type"] == "AWS::LakeFormation::TagAssociation":
            given = resolved(resource["Properties"])
            client.add_lf_tags_to_resource(Resource=given["Resource"], LFTags=given["LFTags"])
    declared = next(r["Properties"] for r in resources.values() if r["Type"] == "Custom::DeclaredAccess")
    principals = {role: arn(principal) for role, principal in resolved(declared["Principals"]).items()}
    wanted = LakeAccess.model_validate_json(wanted_file(clouds["prod"], declared["Key"]).read_text())
    require_all_made(bring(LakeFormation(client=client, account=ACCOUNT, principals=principals), wanted))
    return client


def wanted_file(cloud, key):
    files = json.loads((cloud.folder / "Lakewright.assets.json").read_text())["files"]
    (source,) = [
        file["source"] for file in files.values() if any(d["objectKey"] == key for d in file["destinations"].values())
    ]
    return cloud.folder / source["path"]


@pytest.fixture(scope="module")
def seen(governed):
    columns = {
        (str(t.name.layer), t.name.table): [c.name for c in t.all_columns] for t in load_catalog().tables.values()
    }
    columns |= {("vault", vault.name): [c.name for c in vault.columns] for vault in load_catalog().vaults}
    return Enforcement(governed, columns).sights()


@pytest.mark.parametrize("role", CLEARED)
def test_role_sees_what_the_contracts_say_and_nothing_else(seen, role):
    principal = f"arn:aws:iam::{ACCOUNT}:role/{iam_role_of(load_environment('prod'), role)}"
    expected = {
        Sight(principal, str(table.name), column.name, reader.row_filter or ALL_ROWS)
        for table in load_catalog().tables.values()
        for reader in table.readers
        if reader.role == role
        for column in table.all_columns
        if column.name != "_rescued" or CLEARED[role] == "restricted"
        if ORDER.index(column.classification or "internal") <= ORDER.index(CLEARED[role])
    }
    expected |= {
        Sight(principal, f"vault.{vault.name}", column.name, ALL_ROWS)
        for vault in load_catalog().vaults
        if role in vault.readers
        for column in vault.columns
    }

    assert expected, "the contracts give the role nothing, so nothing was looked at"
    assert expected == {sight for sight in seen if sight.principal == principal}


def test_nobody_else_sees_anything(seen):
    known = {f"arn:aws:iam::{ACCOUNT}:role/{iam_role_of(load_environment('prod'), role)}" for role in CLEARED}

    assert known == {sight.principal for sight in seen}


def test_only_the_officer_turns_tokens_back(seen):
    """Other readers of the table see tokens, and cannot turn them back."""
    reading = {sight.principal.rpartition("-")[2] for sight in seen if sight.column == "email_token"}
    turning_back = {sight.principal.rpartition("-")[2] for sight in seen if sight.table.startswith("vault.")}

    assert {"sales"} == reading
    assert {"pii_officer"} == turning_back


def test_only_the_officer_sees_what_is_restricted(seen):
    restricted = {
        (str(table.name), column.name)
        for table in load_catalog().tables.values()
        for column in table.columns
        if column.classification == "restricted"
    }

    assert {"pii_officer"} == {
        sight.principal.rpartition("-")[2] for sight in seen if (sight.table, sight.column) in restricted
    }


def test_reader_has_no_right_to_the_lakes_bucket(prod):
    names = Names(load_environment("prod"))
    resources = prod.templates["Governance"]["Resources"]
    readers = {key for key, r in resources.items() if r["Properties"].get("RoleName") == names.reader_role("analyst")}
    (policy,) = [
        r["Properties"]["PolicyDocument"]["Statement"]
        for r in resources.values()
        if r["Type"] == "AWS::IAM::Policy" and {role["Ref"] for role in r["Properties"]["Roles"]} <= readers
    ]
    touched = [s["Resource"] for s in policy if any(a.startswith(("s3:", "kms:")) for a in [*as_list(s["Action"])])]

    assert touched
    assert [] == [resource for resource in touched if "StorageResults" not in json.dumps(resource)]


def test_results_of_a_query_are_read_only_by_the_role_that_ran_it(prod):
    """Results are rows in clear, which Lake Formation does not govern."""
    reached = {}
    for key, policy in prod.of_type("AWS::IAM::Policy").items():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        if any("athena:GetQueryResults" in as_list(s["Action"]) for s in statements):
            reached[key] = {
                place
                for s in statements
                for action in as_list(s["Action"])
                if action.startswith(("athena:", "s3:")) and action != "s3:GetBucketLocation"
                for place in map(json.dumps, as_list(s.get("Condition", s["Resource"])))
            }
    assert len(CLEARED) == len(reached)
    assert [] == [(a, b) for a, b in combinations(reached, 2) if reached[a] & reached[b]]
    assert all(len(places) == 3 for places in reached.values())


def test_nobody_else_reads_the_results_of_queries_for_restricted_columns(prod):
    [policy] = [p for key, p in prod.of_type("AWS::S3::BucketPolicy").items() if "Results" in key]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    closed = [s for s in statements if "OnlyWhoAsked" in s.get("Sid", "")]

    assert [("Deny", {"AWS": "*"}, "s3:GetObject*")] == [(s["Effect"], s["Principal"], s["Action"]) for s in closed]
    assert "/results/pii_officer/*" in json.dumps(closed[0]["Resource"])
    assert resolved(closed[0]["Condition"]) == {
        "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/lakewright-prod-pii_officer"}
    }


@pytest.mark.parametrize("name", ["Lake", "Pii"])
def test_place_is_lent_for_reading_only_and_not_in_hybrid_mode(prod, name):
    places = prod.of_type("AWS::LakeFormation::Resource")
    (place,) = [p["Properties"] for key, p in places.items() if key.startswith(f"Governance/{name}")]
    (lender,) = [p for key, p in prod.of_type("AWS::IAM::Policy").items() if f"{name}Lender" in key]
    actions = {a for s in lender["Properties"]["PolicyDocument"]["Statement"] for a in as_list(s["Action"])}

    assert (False, False) == (place["UseServiceLinkedRole"], place["HybridAccessEnabled"])
    assert {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"} == actions


def test_personal_data_is_lent_by_a_role_that_is_admitted_to_it(prod):
    lenders = {key: r["Properties"] for key, r in prod.of_type("AWS::IAM::Role").items() if "Lender" in key}
    admitted = [key for key, role in lenders.items() if {"Key": TAG, "Value": ADMITTED} in role["Tags"]]

    assert ["PiiLender"] == [key.partition("/")[2][:-8] for key in admitted]


def test_what_is_put_into_a_database_is_restricted_until_it_is_opened(prod):
    tagged = {
        p["Resource"]["Database"]["Name"]: {tag["TagKey"]: tag["TagValues"] for tag in p["LFTags"]}
        for p in prod.properties("AWS::LakeFormation::TagAssociation")
    }
    prefix = Names(load_environment("prod")).tag_prefix

    assert {
        name: {f"{prefix}classification": ["restricted"], f"{prefix}layer": [name]} for name in (*Layer, VAULT)
    } == tagged


def test_domain_that_no_contract_names_any_more_stays_a_value_of_its_tag_where_the_environment_says_so(prod, fullest):
    """A deploy removes values before tables get others, and Lake Formation refuses to remove one in use."""
    domains, with_former = (
        next(p["TagValues"] for p in cloud.properties("AWS::LakeFormation::Tag") if p["TagKey"].endswith("_domain"))
        for cloud in (prod, fullest)
    )

    assert sorted([*domains, "wholesale"]) == with_former


def test_grants_do_not_grow_with_the_tables(prod):
    assert 2 * len(CLEARED) == len(prod.of_type("AWS::LakeFormation::PrincipalPermissions"))


def test_tables_are_tagged_after_everything_that_grants_need(prod):
    resources = prod.templates["Governance"]["Resources"]
    (declared,) = [r for r in resources.values() if r["Type"] == "Custom::DeclaredAccess"]
    grants = [key for key, r in resources.items() if r["Type"] == "AWS::LakeFormation::PrincipalPermissions"]

    assert set(grants) <= set(declared["DependsOn"])


@pytest.mark.parametrize("kind", ["Tag", "TagAssociation", "PrincipalPermissions"])
def test_lake_formation_never_gets_two_changes_at_once(prod, kind):
    """It would refuse the second; so of any two, one depends on the other."""
    resources = prod.templates["Governance"]["Resources"]
    of_kind = {key for key, r in resources.items() if r["Type"] == f"AWS::LakeFormation::{kind}"}

    def before(key):
        waited = as_list(resources[key].get("DependsOn", []))
        return {*waited, *(earlier for each in waited for earlier in before(each))}

    assert len(of_kind) > 1
    assert list(range(len(of_kind))) == sorted(len(before(key) & of_kind) for key in of_kind)


def test_a_failure_reported_to_cloudformation_is_not_retried(fullest):
    """It invokes the function asynchronously, which Lambda would by default retry twice, after the rollback."""
    asked = [
        (stack, resource["Properties"]["ServiceToken"]["Fn::GetAtt"][0])
        for stack, template in fullest.templates.items()
        for resource in template["Resources"].values()
        if resource["Type"].startswith("Custom::")
    ]
    tries = {
        (path.partition("/")[0], r["Properties"]["FunctionName"]["Ref"]): r["Properties"]["MaximumRetryAttempts"]
        for path, r in fullest.of_type("AWS::Lambda::EventInvokeConfig").items()
    }

    assert [0, 0] == [tries.get(function) for function in asked]


def as_list(value):
    return value if isinstance(value, list) else [value]
