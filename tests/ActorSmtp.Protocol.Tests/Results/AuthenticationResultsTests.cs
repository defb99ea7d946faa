using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Protocol.Tests.Results;

/// <summary>The examples of RFC 8601, appendix B, and what strangers may write.</summary>
public sealed class AuthenticationResultsTests
{
    [Theory]
    [InlineData("example.org 1; none", "example.org:")]
    [InlineData("example.com;\r\n   spf=pass smtp.mailfrom=example.net", "example.com: spf=pass smtp.mailfrom=example.net")]
    [InlineData(
        "example.com;\r\n  auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n  spf=pass smtp.mailfrom=example.net",
        "example.com: auth=pass smtp.auth=sender@example.net | spf=pass smtp.mailfrom=example.net")]
    [InlineData("example.com; iprev=pass\r\n  policy.iprev=192.0.2.200", "example.com: iprev=pass policy.iprev=192.0.2.200")]
    [InlineData(
        "example.com;\r\n  dkim=fail reason=\"bad signature\"\r\n  header.i=@mail-router.example.net;\r\n  dkim=fail header.i=@newyork.example.com",
        "example.com: dkim=fail reason=bad signature header.i=@mail-router.example.net | dkim=fail header.i=@newyork.example.com")]
    [InlineData(
        "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n    policy (A dot can go here) . (like that) expired\r\n    (this surprised me) = (as I wasn't expecting it) 1362471462",
        "foo.example.net: dkim=fail policy.expired=1362471462")]
    [InlineData("mx.test; dkim=pass header.b=\"a b\\\"c\" header.s=x;", "mx.test: dkim=pass header.b=a b\"c header.s=x")]
    [InlineData("mx.test; spf=pass smtp.mailfrom=\"ann smith\"@example.com", "mx.test: spf=pass smtp.mailfrom=ann smith@example.com")]
    [InlineData("MX.test; SPF=Pass SMTP.MailFrom=Example.com", "MX.test: spf=pass smtp.mailfrom=Example.com")]
    public void Fields_are_read(string field, string expected) => Assert.Equal(expected, Shown(AuthenticationResults.TryParse(field)));

    [Theory]
    [InlineData("")]
    [InlineData("  (nothing)")]
    [InlineData("\"unfinished")]
    [InlineData("mx.test; dkim")]
    [InlineData("mx.test; dkim=")]
    [InlineData("mx.test; =pass")]
    [InlineData("mx.test; dkim=pass header.=x")]
    [InlineData("mx.test; dkim=pass header")]
    [InlineData("mx.test; dkim=pass reason=\"x")]
    [InlineData("mx.test dkim=pass")]
    [InlineData("mx.test; none; dkim=pass; ;")]
    public void What_is_no_field_is_told_from_one(string field) => Assert.Null(AuthenticationResults.TryParse(field));

    [Fact]
    public void What_is_written_is_read_again()
    {
        var results = new AuthenticationResults("mx.test",
        [
            new MethodResult("spf", "permerror", null, "a \"reason\" with \\ and (parentheses)", [new("smtp", "mailfrom", "ann@example.com"), new("smtp", "helo", "a b;c=d")]),
            new MethodResult("dkim", "pass", "a (comment)", null, [new("header", "d", new string('d', 60) + ".test"), new("header", "b", "ab+/Z=="), new("header", "s", "")]),
        ]);
        var field = results.ToField();
        Assert.StartsWith("Authentication-Results: mx.test;\r\n\tspf=permerror ", field, StringComparison.Ordinal);
        Assert.EndsWith("\r\n", field, StringComparison.Ordinal);
        Assert.All(field.Split("\r\n").Skip(1), line => Assert.True(line.Length == 0 || line[0] == '\t'));
        Assert.All(field.Split("\r\n"), line => Assert.InRange(line.Length, 0, 90));
        Assert.Equal(Shown(results with { Results = [.. results.Results.Select(r => r with { Comment = null })] }), Shown(AuthenticationResults.TryParse(field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..])));
        Assert.Equal("Authentication-Results: mx.test; none\r\n", new AuthenticationResults("mx.test", []).ToField());
    }

    /// <summary>A value that could end a line, a comment or a result, and begin another.</summary>
    [Theory]
    [InlineData("x\r\nBcc: eve@example.net")]
    [InlineData("x; dkim=pass header.d=bank.example")]
    [InlineData("x\" ; dkim=pass header.d=bank.example; y=\"")]
    [InlineData("x) dkim=pass (")]
    [InlineData("\\\" dkim=pass")]
    [InlineData("\0\u001b[31m")]
    public void Nothing_a_stranger_wrote_becomes_a_result(string evil)
    {
        var field = new AuthenticationResults("mx.test", [new MethodResult("spf", "fail", evil, evil, [new ResultProperty("smtp", "helo", evil)])]).ToField();
        Assert.All(field.Split("\r\n"), line => Assert.True(line.Length == 0 || line[0] == '\t' || line.StartsWith("Auth", StringComparison.Ordinal)));
        Assert.DoesNotContain(field, c => char.IsControl(c) && c is not ('\r' or '\n' or '\t'));
        var one = Assert.Single(AuthenticationResults.TryParse(field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..])!.Results);
        Assert.Equal(("spf", "fail"), (one.Method, one.Word));
        Assert.Single(one.Properties);
    }

    [Theory]
    [InlineData("mx.test; dkim=pass", true)]
    [InlineData(" (a comment) MX.Test (another) 1; dkim=pass", true)]
    [InlineData("\"mx.test\"; dkim=pass", true)]
    [InlineData("mx.test.; dkim=pass", true)]
    [InlineData("mx.test", true)]
    [InlineData("mx.test;;;", true)]
    [InlineData("\r\n\tmx.test; dkim=pass", true)]
    [InlineData("", true)]
    [InlineData("(never ends mx.test", true)]
    [InlineData("; dkim=pass", true)]
    [InlineData("other.test; dkim=pass", false)]
    [InlineData("(mx.test) other.test; dkim=pass", false)]
    [InlineData("mx.test.evil.example; dkim=pass", false)]
    [InlineData("other.test 1; dkim=pass", false)]
    [InlineData("other.test 2; dkim=pass", true)]                   // RFC 8601 §5: a version that nobody here understands
    [InlineData("other.test (a comment) 99; dkim=pass", true)]
    public void Fields_that_have_to_go_are_known(string field, bool isOurs) => Assert.Equal(isOurs, AuthenticationResults.HasToGo(field, "mx.test"));

    [Theory]
    [InlineData("m\u00fcller.example; dkim=pass", "xn--mller-kva.example")]
    [InlineData("XN--MLLER-KVA.example; dkim=pass", "m\u00fcller.example")]
    public void Our_name_is_known_in_U_labels_and_in_A_labels(string field, string server) => Assert.True(AuthenticationResults.HasToGo(field, server));      // RFC 8601 §5

    [Fact]
    public void A_field_of_a_megabyte_is_read_in_bounds()
    {
        Assert.Single(AuthenticationResults.TryParse("mx.test; dkim=pass " + new string('(', 1_000_000) + "; dkim=pass")!.Results);
        var many = AuthenticationResults.TryParse("mx.test" + string.Concat(Enumerable.Repeat("; dkim=pass header.d=a.test header.d=a.test", 20_000)))!;
        Assert.Equal(100, many.Results.Length);
        Assert.Equal(100, AuthenticationResults.TryParse("mx.test; dkim=pass" + string.Concat(Enumerable.Repeat(" header.d=a.test", 50_000)))!.Results[0].Properties.Length);
    }

    private static string? Shown(AuthenticationResults? results) => results is null ? null : $"{results.Server}: ".TrimEnd() + (results.Results.IsEmpty ? "" : " ") + string.Join(" | ", results.Results.Select(r =>
        $"{r.Method}={r.Word}" + (r.Reason is null ? "" : $" reason={r.Reason}") + string.Concat(r.Properties.Select(p => $" {p.Type}.{p.Name}={p.Value}"))));
}
