using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Protocol.Tests.Dkim;

/// <summary>The vectors of RFC 8032 §7.1, and what is nearly a signature.</summary>
public sealed class Ed25519Tests
{
    private const string Order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    public static TheoryData<string, string, string> Vectors => new()
    {
        {
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_RFCs_signatures_are_right(string key, string message, string signature) => Assert.True(Verify(key, message, signature));

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_bit_that_changed_anywhere_is_seen(string key, string message, string signature)
    {
        for (var bit = 0; bit < 512; bit += 5)
        {
            Assert.False(Verify(key, message, Flipped(signature, bit)), $"bit {bit} of the signature");
            Assert.False(bit < 256 && Verify(Flipped(key, bit), message, signature), $"bit {bit} of the key");
        }

        Assert.False(Verify(key, message + "00", signature));
    }

    /// <summary>§5.1.7: s and s + L would both be right.</summary>
    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_same_signature_cannot_be_written_in_another_way(string key, string message, string signature)
    {
        var s = Convert.FromHexString(signature)[32..];
        var carry = 0;
        var order = Convert.FromHexString(Order);
        for (var i = 0; i < 32; i++)
        {
            carry += s[i] + order[i];
            s[i] = (byte)carry;
            carry >>= 8;
        }

        Assert.Equal(0, carry);
        Assert.False(Verify(key, message, signature[..64] + Convert.ToHexString(s)));
    }

    [Theory]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]       // p, which is 0
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]       // p + 1
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")]       // x = 0, and "odd"
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")]       // not on the curve
    [InlineData("")]
    [InlineData("d75a98")]
    public void What_is_no_key_verifies_nothing(string key) =>
        Assert.False(Verify(key, "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"));

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_of_another_length_is_none(int length) =>
        Assert.False(Ed25519.Verify(Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), [], new byte[length]));

    private static bool Verify(string key, string message, string signature) =>
        Ed25519.Verify(Convert.FromHexString(key), Convert.FromHexString(message), Convert.FromHexString(signature));

    private static string Flipped(string hex, int bit)
    {
        var octets = Convert.FromHexString(hex);
        octets[bit / 8] ^= (byte)(1 << (bit % 8));
        return Convert.ToHexString(octets);
    }
}
