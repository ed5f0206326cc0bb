package Test::Nginx::Harness::Config;

# The server root of a block: directories, user files, nginx.conf.

use strict;
use warnings;

use Exporter 'import';
use File::Path qw( make_path remove_tree );

use Test::Nginx::Util qw( expand );

our @EXPORT_OK = qw( setup_root write_user_files write_config );

# A server root is removed by name only, never as a tree: a wrong
# TEST_NGINX_SERVROOT must not cost anybody a directory.

my @PARTS = qw( conf cache *_temp *_cache );


# $running: nginx goes on, with its logs, and with its unix sockets, which a
# reload does not bind again.

sub setup_root {
    my ($running) = @_;

    my $root = $Test::Nginx::Util::ServRoot;
    my $html = $Test::Nginx::Util::HtmlDir;

    remove_tree(map { glob "$root/$_" } @PARTS);

    if ($running) {
        remove_tree(grep { !-S } glob "$html/* $html/.[!.]*");

    } else {
        remove_tree($html, $Test::Nginx::Util::LogDir,
                    $Test::Nginx::Util::ReportDir);
    }

    make_path($Test::Nginx::Util::LogDir, $Test::Nginx::Util::HtmlDir,
              $Test::Nginx::Util::ConfDir, $Test::Nginx::Util::ReportDir);

    # Workers of a master started by root may run as another user.
    chmod 0777, $Test::Nginx::Util::ReportDir;

    write_file("$Test::Nginx::Util::HtmlDir/index.html",
               '<html><head><title>It works!</title></head>'
               . '<body>It works!</body></html>');
}


sub write_file {
    my ($path, $text) = @_;

    open my $out, '>:raw', $path or die "cannot write $path: $!\n";
    print $out $text;
    close $out or die "cannot write $path: $!\n";
}


# "user_files": records that begin with ">>> name [date]", or an array of
# [name, text, date].

sub write_user_files {
    my ($block) = @_;

    my $files = $block->get('user_files') or return;

    $files = parse_user_files($files) unless ref $files;

    for my $file (@$files) {
        my ($path, $text, $date) = @$file;

        $path = "$Test::Nginx::Util::HtmlDir/$path" if $path !~ m{^/};
        make_path($1) if $path =~ m{^(.*)/} && !-d $1;
        write_file($path, expand($text, $block->name) // '');

        next unless defined $date && length $date;

        local $ENV{TZ} = 'GMT';
        system('touch', '-t', $date, $path) == 0
            or die "touch -t $date failed\n";
    }
}


sub parse_user_files {
    my ($text) = @_;

    my @files;

    for my $line ($text =~ /.*?\n|.+\z/gs) {
        if ($line =~ /^>>> (\S+)(?:[ \t]+(\S.*?))?\s*\z/) {
            push @files, [$1, '', $2];

        } elsif (@files) {
            $files[-1][1] .= $line;

        } elsif ($line =~ /\S/) {
            die "user_files: text before the first \">>> name\"\n";
        }
    }

    return \@files;
}


sub write_config {
    my ($block) = @_;

    my %text = map { $_ => expand($block->get($_), $block->name) // '' }
                   qw( config http_config main_config post_main_config );

    write_file($Test::Nginx::Util::ConfFile,
               main_part($block, \%text)
               . "http {\n" . http_part(\%text) . "}\n\n"
               . "$text{post_main_config}\n" . events_part());
}


sub main_part {
    my ($block, $text) = @_;

    my $level  = $block->get('log_level') || $Test::Nginx::Util::LogLevel;
    my $master = $Test::Nginx::Util::UseHup && !$block->has('must_die')
                 ? 'on' : $Test::Nginx::Util::MasterProcess;

    $level =~ s/\s+\z//;

    my $modules = join '', map { "load_module $_;\n" }
                       split ' ', $Test::Nginx::Util::LoadModules // '';

    my $env = join '', map { /\s/ ? "env '$_';\n" : "env $_;\n" }
                       qw( LD_PRELOAD LD_LIBRARY_PATH ASAN_OPTIONS
                           UBSAN_OPTIONS LSAN_OPTIONS ),
                       @Test::Nginx::Util::EnvToNginx;

    my $user = $> == 0 ? "user root;\n" : '';

    return <<"END" . $modules . $env . $user . "\n$text->{main_config}\n";
worker_processes $Test::Nginx::Util::Workers;
daemon off;
master_process $master;
error_log $Test::Nginx::Util::ErrLogFile $level;
pid $Test::Nginx::Util::PidFile;
END
}


sub http_part {
    my ($text) = @_;

    my $root  = $Test::Nginx::Util::ServRoot;
    my $temp  = join '', map { "    ${_}_temp_path $root/${_}_temp;\n" }
                         grep { $text->{http_config} !~ /\b${_}_temp_path\b/ }
                         qw( client_body proxy fastcgi scgi uwsgi );

    my $slash = $Test::Nginx::Util::NoRootLocation ? '' : <<"END";

        location / {
            root $Test::Nginx::Util::HtmlDir;
            index index.html index.htm;
        }
END

    return <<"END";
    access_log $Test::Nginx::Util::AccLogFile;
$temp
    default_type text/plain;
    keepalive_timeout 68000ms;

$text->{http_config}

    server {
        listen 127.0.0.1:$Test::Nginx::Util::ServerPort;
        server_name '$Test::Nginx::Util::ServerName';

        client_max_body_size 30M;

$Test::Nginx::Util::ConfigPreamble
        # begin of the block's config
$text->{config}
        # end of the block's config
$slash    }
END
}


sub events_part {
    my $use = $Test::Nginx::Util::EventType;

    $use = $use ? "    use $use;\n" : '';

    return <<"END";
events {
    accept_mutex off;
    worker_connections $Test::Nginx::Util::WorkerConnections;
$use}
END
}


1;
