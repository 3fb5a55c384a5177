# Stops one thread of a process by ptrace(2), says "paused", and lets it go at the end of standard input. perl is the one
# language that every Debian has. Usage: perl pause-thread.pl THREAD
use strict;
use warnings;
use POSIX qw(uname);

my ($thread) = @ARGV;
my $ptrace = { x86_64 => 101, aarch64 => 117 }->{ (uname)[4] } or die "unknown machine";
my ($SEIZE, $INTERRUPT) = (0x4206, 0x4207);
syscall($ptrace, $SEIZE, $thread + 0, 0, 0) == 0 or die "seize: $!";
syscall($ptrace, $INTERRUPT, $thread + 0, 0, 0) == 0 or die "interrupt: $!";
$| = 1;
print "paused\n";
1 while <STDIN>;
