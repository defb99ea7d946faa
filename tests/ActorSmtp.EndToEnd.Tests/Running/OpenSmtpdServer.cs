namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>
/// Debian's OpenSMTPD, out of its unpacked package (it cannot be installed beside Postfix), in a mount namespace of its own where the folders and users that it
/// insists on are. Takes mail for <c>ann@osm.test</c> into a Maildir. Needs root.
/// </summary>
internal sealed class OpenSmtpdServer : IAsyncDisposable
{
    private const string Start = """
        set -e
        tree=$1 work=$2
        cp /etc/passwd /etc/group "$work/"
        printf 'opensmtpd:x:64990:64990::/nonexistent:/bin/false\nopensmtpq:x:64991:64991::/nonexistent:/bin/false\n' >> "$work/passwd"
        printf 'opensmtpd:x:64990:\nopensmtpq:x:64991:\n' >> "$work/group"
        mount --bind "$work/passwd" /etc/passwd
        mount --bind "$work/group" /etc/group
        for over in /var/spool /var/lib /run /usr/libexec; do mount -t tmpfs -o mode=755 tmpfs $over; done
        mkdir -p /var/lib/opensmtpd/empty /usr/libexec/opensmtpd
        cp "$tree"/usr/libexec/opensmtpd/* /usr/libexec/opensmtpd/
        exec "$tree/usr/sbin/smtpd" -d -f "$work/smtpd.conf"
        """;

    private readonly TemporaryFolder _folder;
    private ForeignProgram? _program;

    private OpenSmtpdServer(TemporaryFolder folder, int port) => (_folder, Port) = (folder, port);

    public int Port { get; }

    /// <summary>What it has said.</summary>
    public string Log => _program?.Output ?? "";

    /// <summary>What Ann has got.</summary>
    public string[] OfAnn() => DeliveredMail.FilesOf(_folder["mail/ann/new"]);

    public static async Task<OpenSmtpdServer> StartAsync()
    {
        var tree = Path.Combine(Scripts.Root, "artifacts", "tools", "opensmtpd");
        Skip.IfNot(File.Exists(Path.Combine(tree, "usr/sbin/smtpd")), "OpenSMTPD is not unpacked; ./test.sh does it");
        Skip.IfNot(Environment.UserName == "root", "OpenSMTPD is started by root only");
        Skip.IfNot((await Tool.Run("unshare", ["-m", "true"])).ExitCode == 0, "no mount namespace of our own");
        var folder = new TemporaryFolder();
        var server = new OpenSmtpdServer(folder, Ports.Free());
        try
        {
            Directory.CreateDirectory(folder["mail"]);
            (await Tool.Run("chmod", ["711", folder.Path])).Succeeded();
            (await Tool.Run("chown", ["nobody", folder["mail"]])).Succeeded();
            folder.Write("smtpd.conf", $$"""
                table users { "ann@osm.test" = "nobody" }
                listen on 127.0.0.1 port {{server.Port}} hostname mx.osm.test
                action "in" maildir "{{folder["mail"]}}/%{rcpt.user}" virtual <users>
                match from any for domain "osm.test" action "in"

                """);
            server._program = await ForeignProgram.StartAsync(
                "unshare", ["-m", "--propagation", "private", "bash", "-c", Start, "start", tree, folder.Path], () => SmtpTalk.Greets(server.Port));
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
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        _folder.Dispose();
    }
}
