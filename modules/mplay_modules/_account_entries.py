"""The entries of one name in the databases of accounts: kept, and brought back, under their lock.

Only what concerns the name is kept: of other accounts their names, for the order of the lines, and
of other groups their members. An undo so leaves what has happened to others since, and a file has
the bytes of before where nothing has. Passwords are kept of the name itself alone, in the restore
point of root.
"""

from __future__ import annotations

from mplay.sdk import Script, sh

USER_FILES = "passwd shadow group gshadow subuid subgid"
GROUP_FILES = "group gshadow"

_SAVE = r"""name={name}
for file in {files}; do
  [ -e "/etc/$file" ] || continue
  case $file in
  group | gshadow) sed -e "/^$name:/!s/:[^:]*:/::/" "/etc/$file" ;;
  *) sed -e "/^$name:/!s/:.*//" "/etc/$file" ;;
  esac >"$MPLAY_SAVE/$file"
  sync -- "$MPLAY_SAVE/$file"
done
: >"$MPLAY_SAVE/saved"
"""

# The lock is that of lckpwdf(3), which all of Debian's tools take. What a tool that was killed has
# left beside a file is taken away first: its own lock names a process that is no more.
_PROGRAM = r"""
  use strict;
  use warnings;
  use Fcntl qw(:DEFAULT :flock);
  use IO::Handle;
  my $name = $ENV{NAME};

  sub lines_of {
    my ($path) = @_;
    open my $file, "<", $path or die "cannot read $path: $!\n";
    binmode $file;
    return <$file>;
  }

  sub first { my ($line) = @_; my ($first) = $line =~ /\A([^:\n]*)/; return $first }

  sub own { return grep { first($_) eq $name } @_ }

  sub placed {
    my ($now, $was) = @_;
    my @own = own(@$was);
    return @$now if join("", own(@$now)) eq join("", @own);
    my @rest = grep { first($_) ne $name } @$now;
    return @rest unless @own;
    my @above;
    for my $line (@$was) { last if first($line) eq $name; unshift @above, first($line) }
    my $spot = 0;
    for my $above (@above) {
      my ($at) = grep { first($rest[$_]) eq $above } reverse 0 .. $#rest;
      if (defined $at) { $spot = $at + 1; last }
    }
    splice @rest, $spot, 0, @own;
    return @rest;
  }

  sub member { my ($list) = @_; return grep { $_ eq $name } split /,/, $list }

  sub without { my ($list) = @_; return join ",", grep { $_ ne $name } split /,/, $list }

  sub members {
    my ($now, $was) = @_;
    return $was if without($now) eq without($was);
    return $now if !!member($now) == !!member($was);
    return without($now) unless member($was);
    return $now eq "" ? $name : "$now,$name";
  }

  sub joined {
    my ($line, $was) = @_;
    chomp(my @now = ($line));
    my @field = split /:/, $now[0], -1;
    my @old = split /:/, $was, -1;
    return $line if @field != 4 || @old != 4;
    $field[2] = members($field[2], $old[2]) if $field[2] !~ /\A\d+\z/;
    $field[3] = members($field[3], $old[3]);
    return join(":", @field) . "\n";
  }

  sub written {
    my ($path, $text) = @_;
    my @stat = stat $path or die "cannot look at $path: $!\n";
    my $new = "$path.mplay";
    unlink $new;
    sysopen my $file, $new, O_WRONLY | O_CREAT | O_EXCL, 0600 or die "cannot make $new: $!\n";
    binmode $file;
    chown $stat[4], $stat[5], $file or die "cannot give away $new: $!\n";
    chmod $stat[2] & 07777, $file or die "cannot set the mode of $new: $!\n";
    print {$file} $text or die "cannot write $new: $!\n";
    $file->flush && $file->sync or die "cannot write $new: $!\n";
    close $file or die "cannot write $new: $!\n";
    rename $new, $path or die "cannot replace $path: $!\n";
  }

  sub lives { my ($pid) = @_; return $pid =~ /\A(\d+)/ && kill 0, $1 }

  sub tidied {
    my ($path) = @_;
    for my $left (glob "$path.*") {
      my ($pid) = $left =~ /\.(\d+)\z/ or next;
      unlink $left unless lives($pid);
    }
    return if -e "$path.lock" && lives(join "", lines_of("$path.lock"));
    unlink "$path.lock", "$path+";
  }

  sysopen my $lock, "/etc/.pwd.lock", O_WRONLY | O_CREAT, 0600 or die "cannot lock: $!\n";
  my $whole = pack "s! s! x!8 q q l x4", F_WRLCK, 0, 0, 0, 0;
  fcntl $lock, F_SETLKW, $whole or die "cannot lock: $!\n";
  tidied("/etc/$_") for qw(passwd shadow group gshadow subuid subgid);
  for my $database (split / /, $ENV{FILES}) {
    my ($path, $kept) = ("/etc/$database", "$ENV{MPLAY_SAVE}/$database");
    next unless -e $kept && -e $path;
    my @now = lines_of($path);
    my @was = lines_of($kept);
    my @new = placed(\@now, \@was);
    if ($database =~ /group|gshadow/) {
      my %was = map { chomp(my $line = $_); (first($line), $line) } @was;
      @new = map { first($_) ne $name && exists $was{first($_)} ? joined($_, $was{first($_)}) : $_ }
        @new if $ENV{MEMBER};
    }
    written($path, join "", @new) if join("", @new) ne join("", @now);
  }
"""

_RESTORE = """if [ -e "$MPLAY_SAVE/saved" ]; then
  NAME={name} FILES={files} MEMBER={member} perl -e {program}
fi"""


def keep_entries(name: str, *, user: bool) -> Script:
    """Shell for `save`: the entries of a user, or of a group."""
    files = USER_FILES if user else GROUP_FILES
    return sh(_SAVE, files=files.split(), name=name.replace(".", "[.]"))


def bring_back_entries(name: str, *, user: bool) -> Script:
    """Shell for `restore`: the entries that `keep_entries` kept; others stay as they are."""
    return sh(
        _RESTORE,
        name=name,
        files=USER_FILES if user else GROUP_FILES,
        member="1" if user else "",
        program=_PROGRAM,
    )
