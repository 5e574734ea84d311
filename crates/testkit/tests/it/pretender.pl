#!/usr/bin/perl
# Pretends to be the program: says where it listens, answers with the database it was given.
use strict;
use IO::Socket::INET;
$| = 1;
my $database = $ENV{ALTHING_DATABASE_URL} // "none";
if ($ARGV[0] ne "serve") { print "$database\n"; exit }
my $socket = IO::Socket::INET->new(LocalAddr => $ARGV[2], Listen => 16, ReuseAddr => 1) or die "no socket: $!";
print "listening on http://127.0.0.1:" . $socket->sockport . " now\n";
while (my $client = $socket->accept) {
    while (<$client>) { last if /^\r?\n$/ }
    print $client "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: " . length($database) . "\r\n\r\n$database";
    close $client;
}
