package Test::Nginx::Util;

# Settings of a test file, and what every part of the harness shares: the
# server root, ports, expansion of $TEST_NGINX_ names, patterns.

use strict;
use warnings;

use Carp qw( croak );
use Exporter 'import';
use File::Spec ();
use IO::Socket::INET ();
use Time::HiRes qw( sleep time );

our @SETTINGS = qw(
    repeat_each no_long_string no_shuffle no_root_location log_level
    master_on master_off master_process_enabled workers worker_connections
    timeout server_root html_dir server_port server_port_for_client
    server_addr server_name use_hup env_to_nginx config_preamble
    add_block_preprocessor add_cleanup_handler add_test_cleanup_handler
    check_accum_error_log bail_out
);

our @EXPORT    = @SETTINGS;
our @EXPORT_OK = (@SETTINGS, qw(
    expand clear_rand_ports parse_time slow canon_version nginx_version
));

our $RepeatEach        = 1;
our $NoLongString      = 0;
our $NoRootLocation    = 0;
our $NoShuffle         = $ENV{TEST_NGINX_NO_SHUFFLE};
our $Verbose           = $ENV{TEST_NGINX_VERBOSE};
our $UseHup            = $ENV{TEST_NGINX_USE_HUP};
our $UseValgrind       = $ENV{TEST_NGINX_USE_VALGRIND};
our $EventType         = $ENV{TEST_NGINX_EVENT_TYPE};
our $LoadModules       = $ENV{TEST_NGINX_LOAD_MODULES};
our $NginxBinary       = $ENV{TEST_NGINX_BINARY} || 'nginx';
our $LogLevel          = $ENV{TEST_NGINX_LOG_LEVEL} || 'debug';
our $Timeout           = $ENV{TEST_NGINX_TIMEOUT} || 3;
our $Randomize         = $ENV{TEST_NGINX_RANDOMIZE};
our $ServerPort        = $ENV{TEST_NGINX_SERVER_PORT}
                         || $ENV{TEST_NGINX_PORT} || 1984;
our $ServerAddr        = '127.0.0.1';
our $ServerName        = 'localhost';
our $Workers           = 1;
our $WorkerConnections = 64;
our $MasterProcess     = $ENV{TEST_NGINX_MASTER_PROCESS} || 'off';
our $ConfigPreamble    = '';
our $CheckAccumErrLog  = 0;

our (@EnvToNginx, @BlockPreprocessors, @CleanupHandlers,
     @TestCleanupHandlers);

our ($ServRoot, $LogDir, $HtmlDir, $ConfDir, $ReportDir);
our ($ErrLogFile, $AccLogFile, $ConfFile, $PidFile);

my %RandPorts;
my $NginxVersion;


sub settle_paths {
    $ServRoot   = $Randomize ? "t/servroot_$ServerPort"
                             : $ENV{TEST_NGINX_SERVROOT} || 't/servroot';
    $ServRoot   = File::Spec->rel2abs($ServRoot);
    $LogDir     = "$ServRoot/logs";
    $HtmlDir    = "$ServRoot/html";
    $ConfDir    = "$ServRoot/conf";
    $ReportDir  = "$LogDir/reports";
    $ErrLogFile = "$LogDir/error.log";
    $AccLogFile = "$LogDir/access.log";
    $ConfFile   = "$ConfDir/nginx.conf";
    $PidFile    = "$LogDir/nginx.pid";

    $ENV{TEST_NGINX_SERVER_ROOT} = $ServRoot;
    $ENV{TEST_NGINX_HTML_DIR}    = $HtmlDir;
}


sub free_port {
    my (%used) = @_;

    # Below the range from which the kernel takes ports for clients: such a
    # port could be taken between this test and the start of nginx.

    for (1 .. 1000) {
        my $port = 10_000 + int rand 22_000;

        next if $used{$port};

        my $sock = IO::Socket::INET->new(LocalAddr => $ServerAddr,
                                         LocalPort => $port, Listen => 1,
                                         ReuseAddr => 1);
        return $port if $sock;
    }

    bail_out("no free port found");
}


if ($Randomize) {
    srand($$ ^ time);
    $ServerPort = free_port();
}

settle_paths();


sub repeat_each (@) {
    $RepeatEach = shift if @_;
    return $RepeatEach;
}

sub no_long_string () { $NoLongString = 1 }
sub no_shuffle () { $NoShuffle = 1 }
sub no_root_location () { $NoRootLocation = 1 }
sub master_on () { $MasterProcess = 'on' }
sub master_off () { $MasterProcess = 'off' }
sub use_hup () { $UseHup = 1 }
sub check_accum_error_log () { $CheckAccumErrLog = 1 }
sub server_root () { $ServRoot }
sub html_dir () { $HtmlDir }
sub config_preamble ($) { $ConfigPreamble = shift }
sub add_block_preprocessor (&) { unshift @BlockPreprocessors, shift }
sub add_cleanup_handler ($) { unshift @CleanupHandlers, shift }
sub add_test_cleanup_handler ($) { unshift @TestCleanupHandlers, shift }

sub master_process_enabled (@) {
    $MasterProcess = shift() ? 'on' : 'off' if @_;
    return $MasterProcess;
}

sub log_level (@) {
    $LogLevel = shift if @_;
    return $LogLevel;
}

sub workers (@) {
    $Workers = shift if @_;
    return $Workers;
}

sub worker_connections (@) {
    $WorkerConnections = shift if @_;
    return $WorkerConnections;
}

sub timeout (@) {
    $Timeout = shift if @_;
    return $Timeout;
}

sub server_port (@) {
    $ServerPort = shift if @_;
    return $ServerPort;
}

sub server_port_for_client (@) {
    croak "server_port_for_client() cannot be set" if @_;
    return $ServerPort;
}

sub server_addr (@) {
    croak "server_addr() cannot be set: tests listen on loopback" if @_;
    return $ServerAddr;
}

sub server_name (@) {
    $ServerName = shift if @_;
    return $ServerName;
}

sub env_to_nginx (@) {
    croak "env_to_nginx: no arguments" unless @_;

    for my $v (@_) {
        croak "env_to_nginx: bad value \"$v\"" if $v !~ /^[A-Za-z_][^\n]*\z/;
        push @EnvToNginx, $v;
    }
}

sub bail_out (@) {
    Test::Nginx::Harness::Run::cleanup();
    Test::More::BAIL_OUT(@_);
}


# How much slower than usual the server may be.

sub slow () {
    return $UseValgrind ? 8 : $ENV{ASAN_OPTIONS} ? 2 : 1;
}


sub clear_rand_ports () {
    %RandPorts = ();
}


# Replaces $TEST_NGINX_NAME by its value; an unknown one is an error.

sub expand ($$) {
    my ($text, $name) = @_;

    return $text if !defined $text || ref $text;

    $text =~ s/\$(TEST_NGINX_[_A-Z0-9]+)/lookup($1, $name)/eg;

    return $text;
}


sub lookup {
    my ($var, $name) = @_;

    if ($var =~ /^TEST_NGINX_RAND_PORT_\d+\z/) {
        if (!exists $RandPorts{$var}) {
            my @used = ($ServerPort, values %RandPorts);

            $RandPorts{$var} = free_port(map { ($_ => 1) } @used);
        }

        return $RandPorts{$var};
    }

    return $ServerPort if $var eq 'TEST_NGINX_SERVER_PORT';
    return $ENV{$var} // bail_out("$name - no environment $var defined");
}


# "1500ms", "1.5s" and "1.5" in seconds.

sub parse_time ($) {
    my ($text) = @_;

    return undef unless defined $text;

    $text =~ /^\s*([\d.]+)\s*(ms|s)?\s*\z/ or die "bad time \"$text\"\n";

    return ($2 // 's') eq 'ms' ? $1 / 1000 : $1 + 0;
}


sub canon_version (@) {
    return sprintf "%d.%03d%03d", @_;
}


sub nginx_version () {
    return $NginxVersion if defined $NginxVersion;

    my $out = `$NginxBinary -v 2>&1`;

    $out =~ m{version: \w+/(\d+)\.(\d+)\.(\d+)}
        or bail_out("cannot run \"$NginxBinary -v\": $out");

    $NginxVersion = canon_version($1, $2, $3);

    return $NginxVersion;
}


1;
