using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// What names that nobody has are compared with. The same name has the same decoy for as long as the secret lives (it outlives restarts), and
/// decoys look as the accounts do: as many of them have some number of iterations and some length of salt as accounts have.
/// </summary>
internal sealed class Decoys
{
    private readonly byte[] _secret;
    private readonly (int Iterations, int SaltLength)[] _shapes;

    /// <param name="secret">Kept by the user store.</param>
    /// <param name="usual">Iterations where there are no accounts yet.</param>
    public Decoys(ReadOnlyMemory<byte> secret, UserTable table, int usual)
    {
        _secret = secret.ToArray();
        var shapes = table.Accounts.Values
            .Select(a => StoredPassword.TryParse(a.Password)).OfType<StoredPassword>()
            .Select(p => (p.Iterations, p.Salt.Length)).Order().ToArray();
        _shapes = shapes.Length > 0 ? shapes : [(usual, 16)];
    }

    /// <summary>
    /// The decoy for a name. Whether a name with a domain of ours has the same as the name alone is decided for each pair, and stays so: with
    /// accounts it is either way too, so that asking for both tells nothing.
    /// </summary>
    /// <param name="asked">What was asked for, in lower case.</param>
    /// <param name="spelling">Without a domain of ours.</param>
    public StoredPassword For(string asked, string spelling)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes("shared\0" + spelling), hash);
        var name = (hash[0] & 1) == 0 ? spelling : asked;

        // The name's place among all accounts in order of their shape: an account more or less changes it for few names.
        HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes("shape\0" + name), hash);
        var place = (int)((UInt128)System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash) * (uint)_shapes.Length >> 64);
        var (iterations, saltLength) = _shapes[place];
        return StoredPassword.Decoy(name, _secret, iterations, saltLength);
    }
}
