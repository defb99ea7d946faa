using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Remembers for a short while which credentials were found good, so that a client which logs in for every message costs one password
/// hash and not hundreds (PBKDF2 with 600,000 rounds is a quarter of a second). Holds no password: keys are HMACs under a random key that
/// lives as long as the process, over name, verifier and password, so a changed password is forgotten at once.
/// </summary>
/// <param name="capacity">Entries at most; the oldest goes.</param>
internal sealed class VerifiedCredentials(TimeProvider time, TimeSpan lifetime, int capacity)
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<Proof, long> _until = [];
    private readonly Queue<(Proof Proof, long Until)> _oldest = new();

    /// <summary>Whether exactly these were verified a short while ago.</summary>
    public bool Knows(string name, string verifier, string password)
    {
        Forget();
        return _until.ContainsKey(ProofOf(name, verifier, password));
    }

    /// <summary>They were verified just now.</summary>
    public void Remember(string name, string verifier, string password)
    {
        if (capacity == 0)
        {
            return;
        }

        var proof = ProofOf(name, verifier, password);
        var until = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        _until[proof] = until;
        _oldest.Enqueue((proof, until));
        while (_oldest.Count > capacity)
        {
            Drop(_oldest.Dequeue());
        }
    }

    private void Forget()
    {
        var now = time.GetTimestamp();
        while (_oldest.TryPeek(out var first) && first.Until <= now)
        {
            Drop(_oldest.Dequeue());
        }
    }

    private void Drop((Proof Proof, long Until) entry)
    {
        if (_until.TryGetValue(entry.Proof, out var until) && until == entry.Until)
        {
            _until.Remove(entry.Proof);
        }
    }

    private Proof ProofOf(string name, string verifier, string password)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<string>)[name, verifier, password])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hmac.AppendData(length);
            hmac.AppendData(bytes);
        }

        Span<byte> hash = stackalloc byte[32];
        hmac.GetHashAndReset(hash);
        return new Proof(BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    private readonly record struct Proof(UInt128 High, UInt128 Low);
}
