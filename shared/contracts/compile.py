"""Compiles one contract file into a Table, or fails with file, line, what was given and what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.contracts.clustering import CLUSTER_BY, check_clustering
from shared.contracts.columns import PLAIN_NAME, compile_columns, primary_key
from shared.contracts.deletes import compile_deletes
from shared.contracts.document import SUFFIX, TABLE, read_document
from shared.contracts.flows import PRIORITY, compile_flows
from shared.contracts.freshness import compile_freshness
from shared.contracts.history import compile_history
from shared.contracts.makers import refuse_no_maker, refuse_two_makers, written_program, written_query
from shared.contracts.model import Disposition, Kind, Query, Table
from shared.contracts.query import BATCH
from shared.contracts.readers import compile_detokenizers, compile_readers
from shared.contracts.retention import EXPIRES, SNAPSHOTS, compile_retention
from shared.contracts.rule_model import RowRule, TableRule
from shared.contracts.rules import compile_rules
from shared.contracts.serving import compile_serving
from shared.contracts.source import SOURCE_PROPERTIES, compile_source
from shared.contracts.subjects import SUBJECT, compile_subject
from shared.contracts.treatment import Treatment
from shared.contracts.treatment_rules import check_uses
from shared.errors import TerminalError
from shared.names import Layer, TableName

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts.document import Document
    from shared.contracts.program import Program
    from shared.yaml_lines import Path as YamlPath

DISPOSITIONS = {
    Kind.INGESTED: {Disposition.APPEND, Disposition.SNAPSHOT},
    Kind.REFINED: {Disposition.MERGE, Disposition.SNAPSHOT},
    Kind.BUILT: {Disposition.REFRESH},
}
# The properties that say how rows of one key follow each other.
EVENT_PROPERTIES = {"sequenceBy", "applyAsDeletes", "storedAsScdType", "exceptColumnList", "ignoreNullUpdates"}
TABLE_PROPERTIES = {
    Kind.INGESTED: {SNAPSHOTS, "writeDisposition", "clusterBy"} | SOURCE_PROPERTIES,
    Kind.REFINED: {SUBJECT, EXPIRES, "writeDisposition", "clusterBy", "tombstoneRetention", "eventRetention"}
    | EVENT_PROPERTIES,
    Kind.BUILT: {"writeDisposition", "clusterBy", "refreshBy", "eventRetention", PRIORITY} | EVENT_PROPERTIES,
}

# Keys of a contract that have no effect on a table of a kind.
WITHOUT_EFFECT = {
    Kind.INGESTED: ("quality", "relationships", "transformLogic", "transformSourceObjects"),
    Kind.REFINED: (),
    Kind.BUILT: ("relationships", "transformLogic", "transformSourceObjects"),
}


def compile_contract(path: Path) -> Table:
    """Compile one contract file with the SQL or Python file beside it, if there is one.

    Raises:
        ContractError: the first thing that is wrong, with file and line.
    """
    document = read_document(path)
    name = _name(document)
    key = primary_key(document)
    flows, over_flows = compile_flows(document, key) if name.layer is not Layer.BRONZE else ((), None)
    written, program = written_query(path), written_program(path)
    refuse_two_makers(document, {f"{name.table}.sql": written, f"{name.table}.py": program, PRIORITY: over_flows})
    query = written or over_flows
    kind = _kind(document, name, query, program)
    _refuse_without_effect(document, kind, program)
    declared = compile_columns(document, name, kind)
    columns = tuple(c for c in declared if c.treatment is not Treatment.DROP)
    names = tuple(c.name for c in columns)
    custom = document.customs(document.schema.customProperties, TABLE_PROPERTIES[kind], (*TABLE, "customProperties"))
    disposition = _disposition(document, custom, kind)
    sequence_by = _column_list(document, custom, "sequenceBy", names)
    history = compile_history(document, custom, columns, sequence_by, kind)
    rules = compile_rules(document, declared, key, is_history=history is not None)
    cluster_by = _column_list(document, custom, CLUSTER_BY, names)
    check_clustering(document, columns, cluster_by)
    apply_as_deletes, retention = compile_deletes(document, custom, columns, sequence_by)
    readers = compile_readers(document, columns)
    uses = {"sequenceBy": sequence_by, CLUSTER_BY: cluster_by, "cursor": (str(custom.get("cursor")),)}
    check_uses(document, columns, uses)
    source = compile_source(document, custom, disposition, columns) if kind is Kind.INGESTED else None
    built = kind is Kind.BUILT
    served_at, published_to = compile_serving(document, columns, key, readers) if built else (None, None)
    return Table(
        name=name,
        kind=kind,
        id=document.contract.id,
        version=document.contract.version,
        description=document.contract.description.purpose,
        grain=document.schema.dataGranularityDescription,
        columns=columns,
        primary_key=key,
        disposition=disposition,
        subject=compile_subject(document, custom, columns, key),
        dropped=tuple(c for c in declared if c.treatment is Treatment.DROP),
        sequence_by=sequence_by,
        apply_as_deletes=apply_as_deletes,
        tombstone_retention_seconds=retention,
        history=history,
        retention=compile_retention(document, custom, columns, key, sequence_by),
        cluster_by=cluster_by,
        # With flows, rows affect each other only if they have the same key.
        refresh_by=_column_list(document, custom, "refreshBy", names) or (key if flows else ()),
        flows=flows,
        source=source,
        inputs=_inputs(document, kind, query),
        query=query,
        program=program,
        row_rules=tuple(r for r in rules if isinstance(r, RowRule)),
        table_rules=tuple(r for r in rules if isinstance(r, TableRule)),
        domain=document.contract.domain,
        readers=readers,
        detokenizers=compile_detokenizers(document, columns, query),
        served_at=served_at,
        published_to=published_to,
        business_name=document.schema.businessName,
        freshness=compile_freshness(document, columns, source),
        is_retired=document.contract.status == "retired",
        file=path,
    )


def _name(document: Document) -> TableName:
    stem = document.path.name.removesuffix(SUFFIX)
    for at, given in ((("name",), document.contract.name), ((*TABLE, "name"), document.schema.name)):
        if given != stem:
            raise document.error("the table's name differs from the file's", at, given=given, expected=stem)
    if not PLAIN_NAME.fullmatch(stem):
        raise document.error(
            "the table's name cannot be used",
            ("name",),
            given=stem,
            expected="lower case letters, digits and _, beginning with a letter",
        )
    return TableName(Layer(document.path.parent.name), stem)


def _kind(document: Document, name: TableName, query: Query | None, program: Program | None) -> Kind:
    if name.layer is Layer.BRONZE:
        if len(servers := document.contract.servers) != 1:
            given = f"{len(servers)} entries" if servers else ""
            raise document.error("a bronze table needs a source", given=given, expected="one entry under servers")
        if query or program:
            given = "a .sql file" if query else "a .py file"
            raise document.error("a bronze table is what its source says", given=given, mend="remove that file")
        return Kind.INGESTED
    if program or (query and query.inputs):
        return Kind.BUILT
    if query is None:
        refuse_no_maker(document)
    if document.contract.servers:
        raise document.error("a refined table has no source and is not served", ("servers",), mend="remove servers")
    return Kind.REFINED


def _refuse_without_effect(document: Document, kind: Kind, program: Program | None) -> None:
    """Refuse keys that have no effect on a table of its kind.

    A bronze table is what its source says, and a built one what its query says; rules and logic come between. Which
    tables Python reads only the contract says, so there transformSourceObjects has an effect.
    """
    if kind is Kind.INGESTED and document.schema.quality:
        raise document.error("a bronze table has no rules", (*TABLE, "quality"), mend="write them on its silver table")
    for i, prop in enumerate(document.schema.properties):
        for key in WITHOUT_EFFECT[kind]:
            if getattr(prop, key) and not (program and key == "transformSourceObjects"):
                raise document.error(
                    f"column {prop.name} has {key}, which does nothing on a table that is {kind}",
                    (*TABLE, "properties", i, key),
                    mend="write it on the silver table that refines the rows",
                )


def _disposition(document: Document, custom: dict[str, Any], kind: Kind) -> Disposition:
    allowed = sorted(DISPOSITIONS[kind])
    if custom.get("writeDisposition") not in allowed:
        raise document.error(
            f"writeDisposition does not fit a table that is {kind}",
            document.at_custom("writeDisposition"),
            given=repr(custom.get("writeDisposition")),
            expected=" or ".join(allowed),
        )
    return Disposition(custom["writeDisposition"])


def _column_list(document: Document, custom: dict[str, Any], key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    value = custom.get(key, [])
    listed = value if isinstance(value, list) else [value]
    for column in listed:
        if column not in names:
            raise document.error(
                f"{key} names a column the table does not have",
                document.at_custom(key),
                given=str(column),
                expected=", ".join(names),
            )
    return tuple(listed)


def _inputs(document: Document, kind: Kind, query: Query | None) -> tuple[TableName, ...]:
    if kind is Kind.INGESTED:
        return ()
    if kind is Kind.BUILT and query:
        return query.inputs
    found: dict[str, YamlPath] = {
        source: (*TABLE, "properties", i, "transformSourceObjects", j)
        for i, prop in enumerate(document.schema.properties)
        for j, source in enumerate(prop.transformSourceObjects)
    }
    if kind is Kind.BUILT:
        return tuple(_source(document, source, at) for source, at in _some(document, found).items())
    if len(found) != 1:
        raise document.error(
            "a table that is a row-for-row image needs exactly one input",
            TABLE,
            given=", ".join(found) or "none",
            expected=f"one table in transformSourceObjects, or a .sql file over tables or `{BATCH}`",
        )
    return tuple(_source(document, source, at) for source, at in found.items())


def _some(document: Document, found: dict[str, YamlPath]) -> dict[str, YamlPath]:
    if not found:
        raise document.error(
            "a table that Python makes does not say which tables it reads",
            TABLE,
            given="no transformSourceObjects",
            expected="on its columns, the tables they are made of",
        )
    return found


def _source(document: Document, source: str, at: YamlPath) -> TableName:
    try:
        return TableName.parse(source)
    except TerminalError as error:
        expected = "<layer>.<table>"
        raise document.error("transformSourceObjects names no table", at, given=source, expected=expected) from error
