"""The edit of one record of a file as shell: the line for one key, whatever it looks like.

Where the last line of the key says the same in other words (spaces, mostly), it stays. What the
program is told comes in its environment, which no process list shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Script, sh

_PROGRAM = r"""
  use strict;
  use warnings;
  my ($key, $same, $line) = (qr/$ENV{KEY}/, qr/$ENV{SAME}/, $ENV{LINE});
  binmode STDIN;
  binmode STDOUT;
  my @lines = <STDIN>;
  my @hits = grep { $lines[$_] =~ $key } 0 .. $#lines;
  if ($line eq "") {
    @lines = grep { $_ !~ $key } @lines;
  } elsif (!@hits) {
    $lines[-1] .= "\n" if @lines && $lines[-1] !~ /\n\z/;
    push @lines, "$line\n";
  } elsif ($lines[$hits[-1]] !~ $same) {
    $lines[$hits[-1]] = "$line\n";
  }
  print join("", @lines) or die "cannot write: $!\n";
  close STDOUT or die "cannot write: $!\n";
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEdit:
    """`key` matches every line of the key, `same` one that says it already; `line` '' takes all."""

    key: str
    same: str
    line: str

    def do(self) -> Script:
        """Shell that edits its standard input."""
        return sh(
            "KEY={key} SAME={same} LINE={line} perl -e {program}",
            key=self.key,
            same=self.same,
            line=self.line,
            program=_PROGRAM,
        )
