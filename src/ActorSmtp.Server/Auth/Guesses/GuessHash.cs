using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth.Guesses;

/// <summary>
/// What addresses and names are counted by: HMACs under the accounts' secret, which all nodes of a database share. However long a name is that somebody sends, it takes
/// sixteen octets; and what is kept for all nodes says nothing to who reads it without that secret.
/// </summary>
internal sealed class GuessHash(ReadOnlyMemory<byte> secret)
{
    public GuessKey OfNetwork(string network) => Of(GuessKind.Network, network);

    public GuessKey OfName(string name) => Of(GuessKind.Name, name);

    public GuessKey OfKnown(string network, string name) => Of(GuessKind.Known, $"{network}\0{name}");

    private GuessKey Of(GuessKind kind, string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret.Span, Encoding.UTF8.GetBytes($"guesses\0{(int)kind}\0{text}"), hash);
        return new GuessKey(kind, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }
}
