"""The digests of a prepared run: procedure, plan, modules, files and configuration."""
