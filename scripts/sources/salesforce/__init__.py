"""The stand-in for a Salesforce org: its records, its queries and its protocol."""
