"""Who a user is, and who asks: the facts that modules about a user's own things need."""

from __future__ import annotations

from mplay.sdk import Script, sh

_WHO = r"""if [ "$(id -u)" = 0 ]; then fact task:root yes
else fact task:root no; fact task:user "$(id -un)"
fi
home=''
if entry=$(getent passwd {user}); then
  home=${entry%:*}
  home=${home##*:}
  fact {there} yes
  fact {home} "$home"
  fact {group} "$(id -gn {user})"
else
  fact {there} no
fi"""


def user_key(name: str, of: str) -> str:
    """The key of a fact about a user."""
    return ":".join(("user", name, of))


def who(user: str) -> Script:
    """A probe: whether there is such a user, its home, its group; in shell ``$home``."""
    return sh(
        _WHO,
        user=user,
        there=user_key(user, "there"),
        home=user_key(user, "home"),
        group=user_key(user, "group"),
    )
