"""A text in a statement, as Snowflake and Redshift write it."""


def sql_text(value: str) -> str:
    """A text as a literal. In both systems' literals a backslash escapes what follows."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
