namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>
/// Debian's Postfix with a configuration, a queue and a port of its own, apart from any that the machine runs: takes mail for
/// <c>ann@check.test</c> and postmaster into Maildirs of its own, relays for nobody. What it took for <c>gone@check.test</c> it cannot deliver: the sender is told.
/// Needs the right to start it, which is root's.
/// </summary>
internal sealed class PostfixServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private PostfixServer(TemporaryFolder folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>What Ann has got.</summary>
    public string[] OfAnn() => DeliveredMail.FilesOf(_folder["mail/ann/new"]);

    /// <summary>What it has said.</summary>
    public string Log => File.Exists(_folder["log"]) ? File.ReadAllText(_folder["log"]) : "";

    /// <summary>Where its own mail for a domain goes: to a server at a port here. To be said before it has any.</summary>
    public void Leads(string domain, int port) => File.AppendAllText(_folder["etc/transport"], $"{domain} smtp:[127.0.0.1]:{port}\n");

    public static async Task<PostfixServer> StartAsync()
    {
        Tool.Need("postfix");
        Skip.IfNot(Environment.UserName == "root", "Postfix is started by root only");
        var folder = new TemporaryFolder();
        var port = Ports.Free();
        foreach (var name in new[] { "etc", "queue", "data", "mail" })
        {
            Directory.CreateDirectory(folder[name]);
        }

        (await Tool.Run("chmod", ["711", folder.Path])).Succeeded();      // Postfix's own users look into it
        (await Tool.Run("chown", ["postfix", folder["data"]])).Succeeded();
        (await Tool.Run("chown", ["nobody", folder["mail"]])).Succeeded();
        (await Tool.Run("openssl", [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=mx.check.test",
            "-keyout", folder["etc/key.pem"], "-out", folder["etc/certificate.pem"]])).Succeeded();
        folder.Write("etc/tls.pem", File.ReadAllText(folder["etc/key.pem"]) + File.ReadAllText(folder["etc/certificate.pem"]));
        folder.Write("etc/main.cf", $$"""
            compatibility_level = 3.6
            queue_directory = {{folder["queue"]}}
            data_directory = {{folder["data"]}}
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            maillog_file = {{folder["log"]}}
            maillog_file_prefixes = {{folder.Path}}
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = mx.check.test
            mydestination = mx.check.test
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            mynetworks = 192.0.2.1/32
            smtpd_relay_restrictions = reject_unauth_destination
            virtual_mailbox_domains = check.test
            virtual_mailbox_maps = inline:{ann@check.test=ann/, postmaster@check.test=postmaster/, gone@check.test=gone/}
            transport_maps = texthash:{{folder["etc/transport"]}}
            virtual_mailbox_base = {{folder["mail"]}}
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            virtual_transport = virtual:
            local_transport = discard:
            local_recipient_maps = inline:{postmaster=postmaster}
            alias_maps =
            alias_database =
            smtputf8_enable = yes
            smtpd_tls_security_level = may
            smtpd_tls_received_header = yes
            smtpd_tls_chain_files = {{folder["etc/tls.pem"]}}
            smtpd_error_sleep_time = 0
            """);
        folder.Write("etc/transport", "gone@check.test nowhere:\n");
        folder.Write("etc/master.cf", $"""
            127.0.0.1:{port} inet n - n - - smtpd
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            error unix - - n - - error
            retry unix - - n - - error
            discard unix - - n - - discard
            smtp unix - - n - - smtp
            nowhere unix - n n - - pipe user=nobody argv=/bin/false
            virtual unix - n n - - virtual
            anvil unix - - n - 1 anvil
            postlog unix-dgram n - n - 1 postlogd

            """);
        var server = new PostfixServer(folder, port);
        try
        {
            (await Tool.Run("postfix", ["-c", folder["etc"], "start"])).Succeeded();        // answers when it listens
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.Run("postfix", ["-c", _folder["etc"], "stop"]);
        _folder.Dispose();
    }
}
