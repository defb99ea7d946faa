using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Protocol.Tests.Sasl;

public sealed class StoredPasswordTests
{
    // RFC 7677's example in PostgreSQL's spelling, its keys worked out by Python's hashlib.
    private const string Pencil =
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");

    [Fact]
    public void A_password_is_stored_as_others_store_it()
    {
        Assert.Equal(Pencil, StoredPassword.Create("pencil", Salt, 4096).Format());
        Assert.Equal(Pencil, StoredPassword.TryParse(Pencil)!.Format());
        Assert.Equal(StoredPassword.TryParse(Pencil), StoredPassword.Create("pencil", Salt, 4096));
    }

    [Fact]
    public void A_clear_password_is_verified_against_it()
    {
        var stored = StoredPassword.TryParse(Pencil)!;
        Assert.True(stored.Verify("pencil"));
        Assert.True(stored.Verify("pen\u00adcil"));       // a soft hyphen is mapped to nothing (RFC 4013 §2.1)
        Assert.False(stored.Verify("Pencil"));
        Assert.False(stored.Verify(""));
        Assert.False(stored.Verify("pencil\0"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pencil")]
    [InlineData("SCRAM-SHA-256$")]
    [InlineData("SCRAM-SHA-1$4096:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$0:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$-1:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$99999999:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$4096:QQ==$QQ==:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$4096:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=")]
    [InlineData("SCRAM-SHA-256$4096:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=:x")]
    [InlineData("SCRAM-SHA-256$4096:QQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n")]
    public void Anything_else_is_no_stored_password(string text) => Assert.Null(StoredPassword.TryParse(text));

    [Fact]
    public void A_decoy_is_the_same_for_the_same_user_and_matches_nothing()
    {
        var secret = new byte[32];
        Assert.Equal(StoredPassword.Decoy("ann", secret, 4096), StoredPassword.Decoy("ann", secret, 4096));
        Assert.NotEqual(StoredPassword.Decoy("ann", secret, 4096), StoredPassword.Decoy("bob", secret, 4096));
        Assert.False(StoredPassword.Decoy("ann", secret, 4096).Verify("ann"));
        Assert.Equal(16, StoredPassword.Decoy("ann", secret, 4096).Salt.Length);
    }

    [Fact]
    public void What_is_unsound_is_not_created()
    {
        Assert.Throws<ArgumentException>(() => StoredPassword.Create("", Salt, 4096));
        Assert.Throws<ArgumentException>(() => StoredPassword.Create("a\u0007b", Salt, 4096));
        Assert.Throws<ArgumentException>(() => StoredPassword.Create("a", Salt.AsSpan(0, 15), 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredPassword.Create("a", Salt, 4095));
    }

    [Fact]
    public void It_prints_masked() => Assert.Equal("SCRAM-SHA-256$4096:***", StoredPassword.TryParse(Pencil)!.ToString());
}
