"""The command line: parse, call the application or the lab, show. No decisions live here."""
