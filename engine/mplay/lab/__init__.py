"""The lab: throwaway Debian hosts on one Linux machine, made of namespaces and overlayfs.

Nouns, each in its own file:

- *place*: one lab on this machine: its directories, bridge, subnet and cgroup. Its name comes from
  ``MPLAY_LAB_NAME`` (default ``mplay``), so that several labs live side by side.
- *platform*: the hosts and roles of the example platform, as data.
- *store*: finished root file systems under content hashes; *base* and *layer* build them.
- *repository*: the local apt repository with the versions of the app ``shop``.
- *host*: one running host: its *keeper* (holds the network and the disk over reboots) and its init.
- *lab*: the use cases: up, down, reset, status, publish.
- *sameness*: whether two states of a root file system are the same (design 11).
"""
