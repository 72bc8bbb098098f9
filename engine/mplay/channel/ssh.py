"""SSH: the only file that knows Fabric and paramiko.

Fabric reads ``~/.ssh/config``, jumps over gateways and authenticates; host keys are checked here,
because Fabric itself accepts any. What runs on the open connection is in `mplay.channel.session`.
"""

from __future__ import annotations

import logging
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import fabric  # type: ignore[import-untyped]
import paramiko  # type: ignore[import-untyped]
from paramiko.ssh_exception import (  # type: ignore[import-untyped]
    AuthenticationException,
    BadHostKeyException,
    PasswordRequiredException,
    SSHException,
)

from mplay.channel.hostkeys import HostKey, changed, known_files, unknown
from mplay.channel.options import SshOptions, parse_options
from mplay.channel.stream import Source
from mplay.channel.tcp import QuickSocket
from mplay.model.errors import HostError, HostRefused, LinkLost, Unreachable
from mplay.model.host import Host

# Without a handler of its own, Python prints the library's tracebacks to the terminal.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_READ = 65536
_PORT = 22
_Key: TypeAlias = Any  # paramiko.PKey; the library is untyped
_Fabric: TypeAlias = Any  # fabric.Connection


class SshStream:
    """A command over SSH: one session of the connection, without a terminal."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._poll = select.poll()
        self._poll.register(session.fileno(), select.POLLIN)

    def send(self, data: bytes) -> None:
        """Write all of it. TimeoutError where the window stays closed."""
        self._session.sendall(data)

    def receive(self, timeout: float) -> tuple[Source, bytes]:
        """The next bytes of either output; the connection's own thread wakes this one."""
        session = self._session
        while True:
            if session.recv_ready():
                return Source.OUT, session.recv(_READ)
            if session.recv_stderr_ready():
                return Source.ERR, session.recv_stderr(_READ)
            if session.eof_received or session.closed:
                return Source.OUT, b""
            if not self._poll.poll(timeout * 1000):
                raise TimeoutError

    def close(self) -> None:
        """End the session; the remote shell reads the end of its input."""
        self._session.close()


class SshLine:
    """One connection to one host."""

    def __init__(self, host: str, connection: _Fabric, silence: float) -> None:
        self.host = host
        self.user: str = connection.user
        self._connection = connection
        self._silence = silence

    @classmethod
    def connect(cls, host: Host, *, silence: float = 45.0) -> SshLine:
        """Connect and authenticate. Unreachable; HostRefused for keys and login."""
        return cls(host.name, _Opening(host).run(), silence)

    def start(self, command: str) -> SshStream:
        """Run a command line on the host. LinkLost."""
        try:
            transport = self._connection.client.get_transport()
            session = transport.open_session(timeout=self._silence)
            session.settimeout(self._silence)
            session.exec_command(command)
        except (SSHException, OSError, EOFError, AttributeError) as error:
            raise LinkLost(self.host, f"no session could be opened: {error}") from error
        return SshStream(session)

    def close(self) -> None:
        """End the connection, and those of its gateways."""
        _close(self._connection)


def offered_key(host: Host) -> HostKey | None:
    """The key that a host presents now, whoever it is: what `inventory trust` shows and records.

    None when it is the one that is known.
    """
    opening = _Opening(host)
    seen: list[HostKey] = []
    opening.on_key = seen.append
    try:
        _close(opening.run())
    except HostRefused:
        if not seen:
            raise
    return seen[-1] if seen else None


class _Verdict(SSHException):  # type: ignore[misc]
    """A host's key is not the one that is known; carries what a user is told."""

    def __init__(self, refusal: HostRefused) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class _Checked(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Refuses every key that no known_hosts file has."""

    def __init__(self, host: str, files: Sequence[Path], seen: Callable[[HostKey], None]) -> None:
        self._host = host
        self._files = files
        self._seen = seen

    def missing_host_key(self, _client: Any, hostname: str, key: _Key) -> None:
        """Called by the library when it knows no key for the name."""
        found = HostKey(hostname, key.get_name(), key.get_base64(), key.fingerprint)
        self._seen(found)
        raise _Verdict(unknown(self._host, found, self._files))


class _Opening:
    """One attempt to connect: resolves options, keys and gateways, and names what goes wrong."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.on_key: Callable[[HostKey], None] = _unheard
        try:
            self._options = parse_options(host.connection.common_args)
        except ValueError as error:
            raise HostRefused(
                host.name,
                f"ansible_ssh_common_args: {error}",
                hint="write it as -o Name=value, or put it into ~/.ssh/config",
            ) from error

    def run(self) -> _Fabric:
        """The open connection."""
        connection = self._connection()
        try:
            self._open(connection)
        except _Verdict as verdict:
            _close(connection)
            raise verdict.refusal from None
        except BaseException:
            _close(connection)
            raise
        return connection

    def _connection(self) -> _Fabric:
        wanted, options = self._host.connection, self._options
        keys = self._keys(wanted.key_file or options.get("identityfile"))
        port = wanted.port or int(options.get("port", "0")) or None
        return fabric.Connection(
            wanted.address or self._host.name,
            user=wanted.user or options.get("user") or None,
            port=port,
            config=self._config(),
            gateway=self._gateway(keys),
            forward_agent=False,
            connect_timeout=wanted.connect_timeout,
            connect_kwargs=dict(keys),
        )

    def _config(self) -> Any:
        """One for each connection: a shared one races between threads."""
        runtime = self._options.get("config") or None
        config = fabric.Config(lazy=True, runtime_ssh_path=runtime)
        config.load_ssh_config()
        return config

    def _gateway(self, keys: Mapping[str, Any]) -> Any:
        """What the options say; None: what ~/.ssh/config says, with the keys that it names."""
        jump = self._options.get("proxyjump")
        if jump and jump != "none":
            gateway = None
            for hop in jump.split(","):
                gateway = fabric.Connection(
                    hop,
                    config=self._config(),
                    gateway=gateway,
                    forward_agent=False,
                    connect_kwargs=dict(keys),
                )
            return gateway
        return self._options.get("proxycommand") or None

    def _keys(self, file: str) -> dict[str, Any]:
        if not file:
            return {}
        path = Path(file).expanduser()
        try:
            key = _load_key(path, path.stat().st_mtime_ns)
        except FileNotFoundError as error:
            raise HostRefused(
                self._host.name,
                f"the key file {path} does not exist",
                hint="correct ansible_ssh_private_key_file, or create the key with ssh-keygen",
            ) from error
        except PasswordRequiredException as error:
            if _agent_has_keys():
                return {"look_for_keys": False}
            raise HostRefused(
                self._host.name,
                f"the key file {path} is encrypted, and no agent holds it",
                hint=f"run: ssh-add {path}",
            ) from error
        except (OSError, SSHException, ValueError) as error:
            raise HostRefused(
                self._host.name,
                f"the key file {path} cannot be read: {error}",
                hint="it must be a private key that you alone may read",
            ) from error
        return {"pkey": key, "look_for_keys": False}

    def _open(self, connection: _Fabric, *, is_gateway: bool = False) -> None:
        """Gateways first, each with its own check; then the host itself."""
        gateway = connection.gateway
        if isinstance(gateway, fabric.Connection):
            self._open(gateway, is_gateway=True)
        files = self._prepare(connection, is_gateway=is_gateway)
        try:
            if not gateway:
                connection.connect_kwargs["sock"] = QuickSocket.to(
                    connection.host, connection.port, self._host.connection.connect_timeout
                )
            connection.connect_kwargs["transport_factory"] = _transport
            connection.open()
        except _Verdict:
            raise
        except BadHostKeyException as error:
            found, known = (
                HostKey(error.hostname, key.get_name(), key.get_base64(), key.fingerprint)
                for key in (error.key, error.expected_key)
            )
            if not is_gateway:
                self.on_key(found)
            raise changed(self._host.name, found, known, files) from error
        except (SSHException, OSError, EOFError) as error:
            raise self._fault(connection, error) from error

    def _fault(self, connection: _Fabric, error: Exception) -> HostError:
        address = f"{connection.user}@{connection.host}"
        where = f"{connection.host}:{connection.port}"
        if isinstance(error, AuthenticationException) or "authentication methods" in str(error):
            key = self._host.connection.key_file or "the keys of your agent and ~/.ssh"
            return HostRefused(
                self._host.name,
                f"it refused the login of {address} with {key}",
                hint=f"try: ssh {address}; the public key must be in its authorized_keys",
            )
        if isinstance(error, SSHException):
            return Unreachable(
                self._host.name,
                f"{where} gave no SSH connection: {error}",
                hint="it may be hung, or no SSH server listens on that port",
            )
        reason = getattr(error, "strerror", None) or str(error) or "it closed the connection"
        return Unreachable(
            self._host.name,
            f"{where} does not answer: {reason}",
            hint=f"try: ssh -p {connection.port} {address}",
        )

    def _prepare(self, connection: _Fabric, *, is_gateway: bool) -> list[Path]:
        """Give the client the known keys of this host alone, and a policy that accepts no other."""
        wanted = connection.ssh_config
        files = known_files(_first(self._options, wanted, "userknownhostsfile"))
        alias = _first(SshOptions() if is_gateway else self._options, wanted, "hostkeyalias")
        name = connection.host
        if connection.port != _PORT:
            name = f"[{connection.host}]:{connection.port}"
        seen = _unheard if is_gateway else self.on_key
        connection.client.set_missing_host_key_policy(_Checked(self._host.name, files, seen))
        for file in files:
            for kind, key in (_known(file, _stamp(file)).lookup(alias or name) or {}).items():
                connection.client.get_host_keys().add(name, kind, key)
        timeout = self._host.connection.connect_timeout
        connection.connect_kwargs.setdefault("banner_timeout", timeout)
        connection.connect_kwargs.setdefault("auth_timeout", max(30.0, timeout))
        return files


def _transport(*given: Any, **named: Any) -> Any:
    """The library's, with its ciphers that authenticate by themselves first.

    With the others the library compares each packet's code in Python, byte after byte: an eighth
    of all that the controller does.
    """
    transport = paramiko.Transport(*given, **named)
    options = transport.get_security_options()
    options.ciphers = sorted(options.ciphers, key=lambda name: "gcm" not in name)
    return transport


def _unheard(_key: HostKey) -> None:
    """Nobody but the check itself wants to know the key."""


def _first(options: SshOptions, config: Any, name: str) -> str:
    """Our own options win over those of ~/.ssh/config."""
    return options.get(name) or str(config.get(name, ""))


def _close(connection: _Fabric) -> None:
    gateway = connection.gateway
    connection.client.close()
    sock = connection.connect_kwargs.get("sock")
    if sock is not None:
        sock.close()
    if isinstance(gateway, fabric.Connection):
        _close(gateway)


_loading = threading.Lock()


def _load_key(path: Path, stamp: int) -> _Key:
    """A private key, read once for all hosts: an RSA key costs 170 ms."""
    with _loading:
        return _read_key(path, stamp)


@cache
def _read_key(path: Path, _stamp: int) -> _Key:
    return paramiko.PKey.from_path(path)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _known(path: Path, stamp: int) -> Any:
    with _loading:
        return _read_known(path, stamp)


@cache
def _read_known(path: Path, stamp: int) -> Any:
    keys = paramiko.HostKeys()
    if stamp:
        keys.load(str(path))
    return keys


def _agent_has_keys() -> bool:
    agent = paramiko.Agent()
    try:
        return bool(agent.get_keys())
    finally:
        agent.close()
