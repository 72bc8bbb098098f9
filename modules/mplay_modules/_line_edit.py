"""The edit of `lineinfile` as shell: one perl program that both asks and does.

Perl, because its regular expressions are nearly those of Ansible's users (Python's), and because
it is on every Debian and Ubuntu (package perl-base is essential). The program reads the file from
standard input and prints it edited; with ASK it prints ``done``, ``todo``, or ``unstable`` where a
second edit would change it again. What it is told comes in its environment, which no process list
shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Script, sh

_PROGRAM = r"""
  use strict;
  use warnings;
  my %how = map { $_ => 1 } split / /, $ENV{HOW};
  my $line = $ENV{LINE};
  my $wanted = $how{REGEXP} ? qr/(?:$ENV{REGEXP})/ : undef;
  my $place = $how{AFTER} || $how{BEFORE} ? qr/(?:$ENV{PLACE})/ : undef;

  sub bare { my ($text) = @_; $text =~ s/[\r\n]+\z//; return $text }

  sub matches {
    my ($text) = @_;
    return $text =~ $wanted if defined $wanted;
    return index($text, $ENV{SEARCH}) >= 0 if $how{SEARCH};
    return bare($text) eq $line;
  }

  sub expanded {
    my ($text) = @_;
    $text =~ $wanted or return $line;
    my @group = map { defined $-[$_] ? substr($text, $-[$_], $+[$_] - $-[$_]) : "" } 0 .. $#+;
    my %name = %+;
    my %letter = (n => "\n", t => "\t", r => "\r");
    my $new = $line;
    $new =~ s{\\(?:g<(\w+)>|(\d{1,2})|(.))}{
      my $group = defined $1 ? $1 : $2;
      !defined $group ? (defined $letter{$3} ? $letter{$3} : $3 eq "\\" ? "\\" : "\\$3")
        : $group =~ /^\d+$/ ? (defined $group[$group] ? $group[$group] : "")
        : defined $name{$group} ? $name{$group} : "";
    }gse;
    return $new;
  }

  sub present {
    my @lines = @_;
    my ($hit, $spot) = (-1, -1);
    for my $i (0 .. $#lines) {
      if (matches($lines[$i])) { $hit = $i }
      elsif ($place && $lines[$i] =~ $place && !($how{FIRST} && $spot >= 0)) {
        $spot = $how{AFTER} ? $i + 1 : $i;
      }
    }
    if ($hit >= 0) {
      my $new = $how{BACKREFS} ? expanded($lines[$hit]) : $line;
      $lines[$hit] = "$new\n" if bare($lines[$hit]) ne $new;
      return @lines;
    }
    return @lines if $how{BACKREFS} || grep { bare($_) eq $line } @lines;
    $spot = $how{TOP} ? 0 : @lines if $spot < 0;
    $lines[$spot - 1] .= "\n" if $spot > 0 && $lines[$spot - 1] !~ /\n\z/;
    splice @lines, $spot, 0, "$line\n";
    return @lines;
  }

  sub edited {
    my @lines = $_[0] =~ /[^\n]*\n|[^\n]+\z/g;
    return join "", $how{ABSENT} ? grep { !matches($_) } @lines : present(@lines);
  }

  binmode STDIN;
  binmode STDOUT;
  local $/;
  my $before = <STDIN>;
  my $after = edited(defined $before ? $before : "");
  if (!$how{ASK}) { print $after or die "cannot write: $!\n" }
  elsif ($after eq $before) { print "done" }
  else { print edited($after) eq $after ? "todo" : "unstable" }
  close STDOUT or die "cannot write: $!\n";
"""

_CALL = "HOW={how} LINE={line} REGEXP={regexp} SEARCH={search} PLACE={place} perl -e {program}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEdit:
    """What is asked of the lines of a file; None where it is not asked.

    `place`: a regular expression, put `after` the last line that matches it, or before; `top`: at
    the beginning. `first`: the first line that matches `place`.
    """

    line: str | None
    present: bool
    regexp: str | None = None
    search: str | None = None
    backrefs: bool = False
    place: str | None = None
    after: bool = True
    top: bool = False
    first: bool = False

    def ask(self) -> Script:
        """Shell that prints ``done``, ``todo`` or ``unstable`` about its standard input."""
        return self._call("ASK")

    def do(self) -> Script:
        """Shell that edits its standard input."""
        return self._call("DO")

    def _call(self, verb: str) -> Script:
        flags = {
            "ABSENT": not self.present,
            "REGEXP": self.regexp is not None,
            "SEARCH": self.search is not None,
            "BACKREFS": self.backrefs,
            "AFTER": self.place is not None and self.after,
            "BEFORE": self.place is not None and not self.after,
            "TOP": self.top,
            "FIRST": self.first,
        }
        return sh(
            _CALL,
            how=" ".join([verb, *(name for name, given in flags.items() if given)]),
            line=self.line or "",
            regexp=self.regexp or "",
            search=self.search or "",
            place=self.place or "",
            program=_PROGRAM,
        )
