"""The modules shipped with mplay: one file each, the name of the file is the name of the module."""
