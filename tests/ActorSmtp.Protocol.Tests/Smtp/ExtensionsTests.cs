using ActorSmtp.Protocol.Smtp;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

public sealed class ExtensionsTests
{
    private static readonly Extensions Everything = new()
    {
        Pipelining = true,
        Size = 26214400,
        EightBitMime = true,
        BinaryMime = true,
        Chunking = true,
        SmtpUtf8 = true,
        EnhancedStatusCodes = true,
        Dsn = true,
        Help = true,
        StartTls = true,
        RequireTls = true,
        Limits = new SessionLimits(RcptMax: 1000, MailMax: 5, RcptDomainMax: 7),
        AuthMechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"],
    };

    [Fact]
    public void What_is_offered_reads_back()
    {
        Assert.Equal(
            [
                "PIPELINING", "SIZE 26214400", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "HELP",
                "LIMITS MAILMAX=5 RCPTMAX=1000 RCPTDOMAINMAX=7", "STARTTLS", "REQUIRETLS", "AUTH SCRAM-SHA-256 PLAIN LOGIN",
            ],
            Everything.ToLines());
        Assert.Equal(Everything, Extensions.Parse(Everything.ToLines()));
        Assert.Equal(Extensions.None, Extensions.Parse([]));
        Assert.NotEqual(Extensions.None, Everything);
    }

    [Fact]
    public void A_reply_to_EHLO_reads_as_its_extensions()
    {
        var parser = new ReplyParser();
        parser.Next(Wire.Octets(RepliesTests.Write(Replies.Ehlo("pipelining", Everything))), out _, out var reply);
        Assert.Equal(Everything, reply!.ToExtensions());
    }

    [Theory]
    [InlineData("SIZE", 0L)]
    [InlineData("size 0", 0L)]
    [InlineData("SIZE 1000 x", 1000L)]
    [InlineData("SIZE big", 0L)]
    [InlineData("SIZE -5", 0L)]
    [InlineData("SIZE 99999999999999999999", 0L)]
    [InlineData("8BITMIME", null)]
    public void A_size_without_sense_is_no_limit(string line, long? size) => Assert.Equal(size, Extensions.Parse([line]).Size);

    [Fact]
    public void Old_and_odd_servers_are_understood()
    {
        var found = Extensions.Parse(["AUTH=LOGIN PLAIN", "auth plain  cram-md5", "X-EXPS GSSAPI", "", "  dsn  ", "LIMITS RCPTMAX=x MAILMAX=3 FOO=9 =4 RCPTDOMAINMAX=0", "XVERP"]);
        Assert.Equal(["LOGIN", "PLAIN", "CRAM-MD5"], found.AuthMechanisms.AsEnumerable());
        Assert.True(found.Dsn);
        Assert.Equal(new SessionLimits(MailMax: 3), found.Limits);
        Assert.Equal(["X-EXPS GSSAPI", "XVERP"], found.Others.AsEnumerable());
    }

    [Fact]
    public void Offered_extensions_decide_which_parameters_are_known()
    {
        Assert.Equal(ParameterSet.All, Everything.Parameters);
        Assert.Equal(ParameterSet.None, Extensions.None.Parameters);
        Assert.Equal(ParameterSet.Size | ParameterSet.Dsn, new Extensions { Size = 0, Dsn = true, Pipelining = true }.Parameters);
    }

    [Fact]
    public void No_lines_throw() => Wire.Holds(Prop.ForAll<string[]>(lines =>
    {
        Extensions.Parse(lines.Select(l => l ?? "").SelectMany(l => new[] { l, "LIMITS " + l, "AUTH " + l, "SIZE " + l, "AUTH=" + l }));
        return true;
    }));
}
