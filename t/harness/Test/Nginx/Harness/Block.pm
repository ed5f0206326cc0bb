package Test::Nginx::Harness::Block;

# A Test::Base block that answers known sections only.

use strict;
use warnings;

use Carp qw( croak );
use Test::Base ();

our @ISA = ('Test::Base::Block');
our $AUTOLOAD;

our %KNOWN = map { $_ => 1 } qw(
    ONLY SKIP LAST

    config http_config main_config post_main_config user_files init
    log_level skip_nginx skip_eval todo

    request raw_request raw_request_middle_delay pipelined_requests
    more_headers timeout wait abort shutdown

    error_code error_code_like response_headers response_headers_like
    raw_response_headers_like raw_response_headers_unlike
    response_body response_body_like response_body_unlike
    response_body_filters ignore_response

    error_log no_error_log grep_error_log grep_error_log_out
    access_log no_access_log shutdown_error_log no_shutdown_error_log
    must_die suppress_stderr

    tcp_listen tcp_reply tcp_reply_delay tcp_query tcp_query_len
    tcp_no_close
);

# The original takes the first of these and forgets the other.
my @EXCLUSIVE = (
    [qw( error_code error_code_like )],
    [qw( response_headers response_headers_like )],
    [qw( response_body response_body_like )],
    [qw( response_body response_body_unlike )],
    [qw( response_body_like response_body_unlike )],
    [qw( request raw_request )],
    [qw( request pipelined_requests )],
    [qw( raw_request pipelined_requests )],
);


sub known {
    my ($name) = @_;

    return $KNOWN{$name}
           || grep { $_ eq $name } @Test::Nginx::Socket::ExtraSections;
}


sub AUTOLOAD {
    (my $name = $AUTOLOAD) =~ s/.*:://;

    croak "unknown section \"$name\"" unless known($name);

    return;
}


sub DESTROY {
}


# The value of a section in scalar context; Test::Base returns lists.

sub get {
    my ($self, $name) = @_;

    croak "unknown section \"$name\"" unless known($name);

    return scalar $self->$name();
}


sub has {
    my ($self, $name) = @_;

    return defined $self->get($name);
}


# Dies with the first mistake in the names of the sections.

sub validate {
    my ($self) = @_;

    my $name = $self->name;
    my %seen;

    for my $section (@{ $self->_section_order || [] }) {
        die "$name: unknown section \"$section\"\n" unless known($section);
        die "$name: duplicate section \"$section\"\n" if $seen{$section}++;

        # The eval filter returns the text of its error.
        my $filters = $self->_section_map->{$section}{filters};
        my $value   = $self->get($section);

        die "$name: $section: $value"
            if $filters =~ /\beval\b/ && defined $value && !ref $value
               && $value =~ / at \(eval \d+\) line \d+/;
    }

    for my $pair (@EXCLUSIVE) {
        next if grep { !$self->has($_) } @$pair;
        die "$name: \"$pair->[0]\" and \"$pair->[1]\" exclude each other\n";
    }
}


1;
