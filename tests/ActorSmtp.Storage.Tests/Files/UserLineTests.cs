using ActorSmtp.Storage.Files;

namespace ActorSmtp.Storage.Tests.Files;

/// <summary>What the fuzzer found in lines of the file of accounts.</summary>
public class UserLineTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData(" ")]
    public void A_verifier_with_a_break_in_its_base64_is_refused_and_never_written_as_two_lines(string gap)
    {
        var key = Convert.ToBase64String(new byte[32]);
        var verifier = $"SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==${key}:{key[..20]}{gap}{key[20..]}";
        Assert.Throws<FormatException>(() => UserLine.Parse($"barbie:{verifier}:"));
        Assert.Throws<FormatException>(() => UserLine.Write(new UserAccount("barbie", verifier, [], Disabled: false, Admin: false)));
        Assert.Equal("barbie", UserLine.Parse($"barbie:{verifier.Replace(gap, "", StringComparison.Ordinal)}:").Name);
    }
}
