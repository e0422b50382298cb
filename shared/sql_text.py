"""Text literals in the SQL of Snowflake and Redshift."""


def sql_text(value: str) -> str:
    """Quote a text as a literal. In both systems a backslash escapes the character after it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
