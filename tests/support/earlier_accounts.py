"""Random states of Lake Formation before contracts are applied, and the access that contracts may declare."""

from botocore.exceptions import ClientError
from hypothesis import assume
from hypothesis import strategies as st

from lambdas.on_access_declared.lake_formation import BY_IAM_ALONE, DEFAULTS
from shared.governance.access import Classification, LakeAccess, RowFilter, TableAccess
from shared.names import Layer
from tests.support.lake_formation import Direct, Enforcement

ACCOUNT = "123456789012"
DATABASE = "silver"
CLEARANCES = {
    "analyst": Classification.INTERNAL,
    "finance": Classification.CONFIDENTIAL,
    "officer": Classification.RESTRICTED,
}
PRINCIPALS = {role: f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in CLEARANCES}
TABLES = ("orders", "persons")
COLUMNS = ("id", "city", "name")
ROWS = ("id > 1", "city = 'Ulm'")
GRANTEES = (*PRINCIPALS.values(), BY_IAM_ALONE)

classifications = st.sampled_from(Classification)
roles = st.sampled_from(sorted(CLEARANCES))


@st.composite
def wanted_table(draw, name):
    columns = {column: draw(classifications) for column in COLUMNS}
    how = {role: draw(st.sampled_from(["not", "all", *ROWS])) for role in CLEARANCES}
    seen = {r: tuple(sorted(c for c in COLUMNS if CLEARANCES[r].covers(columns[c]))) for r in CLEARANCES}
    return TableAccess(
        database=DATABASE,
        table=name,
        domain=draw(st.sampled_from(["sales", "crm"])),
        columns=columns,
        readers=tuple(role for role in sorted(CLEARANCES) if how[role] == "all"),
        filters=tuple(
            RowFilter(role=role, rows=how[role], columns=seen[role])
            for role in sorted(CLEARANCES)
            if how[role] in ROWS and seen[role]
        ),
    )


@st.composite
def lake_accesses(draw):
    tables = tuple(draw(wanted_table(name)) for name in TABLES)
    return LakeAccess(tag_prefix="lw_", databases=(DATABASE,), clearances=CLEARANCES, tables=tables)


def account():
    """Lake Formation with the tags and the grants by tag that CloudFormation makes, and nothing else."""
    client = Direct(ACCOUNT)
    open_to_iam(client, ())
    client.create_lf_tag(TagKey="lw_classification", TagValues=list(Classification))
    client.create_lf_tag(TagKey="lw_domain", TagValues=["crm", "sales"])
    client.create_lf_tag(TagKey="lw_layer", TagValues=list(Layer))
    for role, principal in PRINCIPALS.items():
        client.create_lf_tag(TagKey=f"lw_reads_{role}", TagValues=["yes"])
        cleared = [c for c in Classification if CLEARANCES[role].covers(c)]
        expression = [
            {"TagKey": f"lw_reads_{role}", "TagValues": ["yes"]},
            {"TagKey": "lw_classification", "TagValues": cleared},
        ]
        client.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": principal},
            Resource={"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}},
            Permissions=["DESCRIBE", "SELECT"],
        )
    return client


def open_to_iam(client, defaults):
    """Let IAM alone decide about new tables, by some of the defaults, as in a new account."""
    found = client.get_data_lake_settings()["DataLakeSettings"]
    everybody = [{"Principal": {"DataLakePrincipalIdentifier": BY_IAM_ALONE}, "Permissions": ["ALL"]}]
    given = {default: everybody if default in defaults else [] for default in DEFAULTS}
    client.put_data_lake_settings(DataLakeSettings=found | given)


@st.composite
def earlier_accounts(draw):
    """Random tags, filters and grants by name, as manual changes and older contracts may have left them."""
    client = account()
    open_to_iam(client, draw(st.sets(st.sampled_from(DEFAULTS))))
    leave_tags(draw, client, {"Database": {"Name": DATABASE}})
    for grantee in draw(st.sets(st.sampled_from(GRANTEES), max_size=1)):
        every_table = {"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}}
        grant(client, grantee, every_table, draw(st.sampled_from([["SELECT"], ["ALL"], ["DESCRIBE", "SELECT"]])))
    for table in TABLES:
        leave_of_a_table(draw, client, table)
    client.by_name = enforcement(client).sights()
    for grantee in draw(st.sets(st.sampled_from(GRANTEES), max_size=1)):
        grant(client, grantee, by_tags(draw(beside_the_templates(grantee))))
    return client


@st.composite
def beside_the_templates(draw, grantee):
    """Some of our tags granted in any form but a template's: those would be CloudFormation's to revoke."""
    of_roles = {f"lw_reads_{role}": ["yes"] for role in draw(st.sets(roles, max_size=2))}
    cleared = draw(st.sets(classifications, min_size=0 if of_roles else 1))
    own = [f"lw_reads_{role}" for role, principal in PRINCIPALS.items() if principal == grantee]
    assume(own != list(of_roles) or cleared not in [{c for c in Classification if k.covers(c)} for k in Classification])
    return of_roles | ({"lw_classification": sorted(cleared)} if cleared else {})


def by_tags(tags):
    expression = [{"TagKey": key, "TagValues": values} for key, values in tags.items()]
    return {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}}


def leave_of_a_table(draw, client, table):
    at = {"DatabaseName": DATABASE, "Name": table}
    leave_tags(draw, client, {"Table": at})
    for column in COLUMNS:
        leave_tags(draw, client, {"TableWithColumns": {**at, "ColumnNames": [column]}})
    for role, rows in draw(st.sets(st.tuples(roles, st.sampled_from(ROWS)), max_size=2)):
        columns = tuple(sorted(draw(st.sets(st.sampled_from(COLUMNS), min_size=1))))
        name = RowFilter(role=draw(roles), rows=rows, columns=columns).name
        make_filter(client, table, role, RowFilter(role=role, rows=rows, columns=columns), name)
    for grantee in draw(st.sets(st.sampled_from(GRANTEES), max_size=2)):
        columns = sorted(draw(st.sets(st.sampled_from(COLUMNS))))
        grant(client, grantee, {"TableWithColumns": {**at, "ColumnNames": columns}} if columns else {"Table": at})


def leave_tags(draw, client, resource):
    """Set perhaps a classification, and perhaps the tags of some roles."""
    value = draw(st.none() | classifications)
    tags = {f"lw_reads_{role}": "yes" for role in draw(st.sets(roles))}
    for key, said in (tags | ({"lw_classification": value} if value else {})).items():
        client.add_lf_tags_to_resource(Resource=resource, LFTags=[{"TagKey": key, "TagValues": [said]}])


def make_filter(client, table, role, row_filter, name):
    """A filter with a name like ours, perhaps with other content, as after a manual change."""
    key = {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": table, "Name": name}
    data = {**key, "RowFilter": {"FilterExpression": row_filter.rows}, "ColumnNames": list(row_filter.columns)}
    try:
        client.create_data_cells_filter(TableData=data)
    except ClientError:
        return
    grant(client, PRINCIPALS[role], {"DataCellsFilter": key})


def grant(client, principal, resource, permissions=("SELECT",)):
    client.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal}, Resource=resource, Permissions=list(permissions)
    )


def enforcement(client):
    return Enforcement(client, {(DATABASE, table): COLUMNS for table in TABLES})
