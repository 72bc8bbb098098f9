"""YAML that keeps file:line:column."""
