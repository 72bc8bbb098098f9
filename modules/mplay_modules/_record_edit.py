"""The edit of one record of a file as shell: the line for one key, whatever it looks like.

Where the last line of the key says the same with other blanks, it stays. What the program is told
comes in its environment, which no process list shows, and what is wanted comes as it is, not as a
pattern, so that a secret in it is known for one.
"""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Script, sh

_PROGRAM = r"""
  use strict;
  use warnings;
  my ($key, $cut, $line) = (qr/$ENV{KEY}/, qr/$ENV{CUT}/, $ENV{LINE});
  my %same = map { $_ => 1 } split /\n/, $ENV{SAME};

  sub says {
    my ($text) = @_;
    $text =~ s/$cut//;
    return join " ", split " ", $text;
  }

  binmode STDIN;
  binmode STDOUT;
  my @lines = <STDIN>;
  my @hits = grep { $lines[$_] =~ $key } 0 .. $#lines;
  if ($line eq "") {
    @lines = grep { $_ !~ $key } @lines;
  } elsif (!@hits) {
    $lines[-1] .= "\n" if @lines && $lines[-1] !~ /\n\z/;
    push @lines, "$line\n";
  } elsif (!$same{says($lines[$hits[-1]])}) {
    $lines[$hits[-1]] = "$line\n";
  }
  print join("", @lines) or die "cannot write: $!\n";
  close STDOUT or die "cannot write: $!\n";
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEdit:
    """What is asked of one record.

    `key` is a regular expression that matches every line of the key. `same` is what the last of
    them may say, with one blank between words, after `cut`, a regular expression too, is taken out
    of it. `line` is the record; '' takes all lines of the key away.
    """

    key: str
    line: str
    same: tuple[str, ...] = ()
    cut: str = r"^\s+"

    def do(self) -> Script:
        """Shell that edits its standard input."""
        return sh(
            "KEY={key} CUT={cut} SAME={same} LINE={line} perl -e {program}",
            key=self.key,
            cut=self.cut,
            same="\n".join(self.same),
            line=self.line,
            program=_PROGRAM,
        )
