"""The edit of a block of lines as shell: one perl program that reads a file and prints it edited.

A block begins at the line `begin` and ends at the line `end`, or, without `end`, with the one line
that follows. What it is told comes in its environment, which no process list shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Script, sh

_PROGRAM = r"""
  use strict;
  use warnings;
  my %how = map { $_ => 1 } split / /, $ENV{HOW};
  my $place = $how{AFTER} || $how{BEFORE} ? qr/(?:$ENV{PLACE})/ : undef;

  sub bare { my ($text) = @_; $text =~ s/[\r\n]+\z//; return $text }

  sub found {
    my @lines = @_;
    my ($from, $to) = (-1, -1);
    for my $i (0 .. $#lines) {
      my $line = bare($lines[$i]);
      $from = $i if $line eq $ENV{BEGIN_MARK};
      $to = $i if !$how{NEXT} && $line eq $ENV{END_MARK};
    }
    $to = $from < $#lines ? $from + 1 : $from if $how{NEXT};
    return $from < $to ? ($from, $to) : ($to, $from) if $from >= 0 && $to >= 0;
    return;
  }

  sub spot {
    my @lines = @_;
    my $spot = -1;
    for my $i (0 .. $#lines) {
      $spot = $how{AFTER} ? $i + 1 : $i if $place && $lines[$i] =~ $place;
    }
    return $spot >= 0 ? $spot : $how{TOP} ? 0 : scalar @lines;
  }

  binmode STDIN;
  binmode STDOUT;
  local $/;
  my $text = <STDIN>;
  my @lines = (defined $text ? $text : "") =~ /[^\n]*\n|[^\n]+\z/g;
  my ($from, $to) = found(@lines);
  splice @lines, $from, $to - $from + 1 if defined $from;
  if ($ENV{BLOCK} ne "") {
    my $spot = defined $from ? $from : spot(@lines);
    $lines[$spot - 1] .= "\n" if $spot > 0 && $lines[$spot - 1] !~ /\n\z/;
    splice @lines, $spot, 0, $ENV{BLOCK};
  }
  print join("", @lines) or die "cannot write: $!\n";
  close STDOUT or die "cannot write: $!\n";
"""

_CALL = "HOW={how} BEGIN_MARK={begin} END_MARK={end} BLOCK={block} PLACE={place} perl -e {program}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEdit:
    """What is asked of a block.

    `block` is all of it, with its markers and the end of its last line; '' takes it away. `place`
    is a regular expression: a new block goes `after` the last line that matches it, or before;
    `top`: at the beginning.
    """

    begin: str
    end: str | None
    block: str
    place: str | None = None
    after: bool = True
    top: bool = False

    def do(self) -> Script:
        """Shell that edits its standard input."""
        flags = {
            "NEXT": self.end is None,
            "AFTER": self.place is not None and self.after,
            "BEFORE": self.place is not None and not self.after,
            "TOP": self.top,
        }
        return sh(
            _CALL,
            how=" ".join(["DO", *(name for name, given in flags.items() if given)]),
            begin=self.begin,
            end=self.end or "",
            block=self.block,
            place=self.place or "",
            program=_PROGRAM,
        )
