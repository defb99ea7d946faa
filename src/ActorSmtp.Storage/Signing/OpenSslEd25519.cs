using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Storage.Signing;

/// <summary>
/// A private key of Ed25519 (RFC 8032), used by OpenSSL's libcrypto: the library that the runtime does its cryptography with on Linux, but through which it gives no way to this
/// algorithm. The key's octets are in this process' memory as those of any key file are. Safe from any thread: each signature has a context of its own.
/// </summary>
internal sealed unsafe class OpenSslEd25519 : DkimPrivateKey
{
    /// <summary>Octets of the private half.</summary>
    public const int SeedOctets = 32;

    private const int SignatureOctets = 64;
    private const int KeyType = 1087;                               // NID_ED25519, EVP_PKEY_ED25519

    private static readonly Lazy<Calls?> _calls = new(Calls.Find);

    private readonly byte[] _seed;

    private OpenSslEd25519(byte[] seed, byte[] publicKey) => (_seed, PublicKey) = (seed, publicKey);

    /// <summary>Whether this machine has it.</summary>
    public static bool IsThere => _calls.Value is not null;

    public override DkimAlgorithm Algorithm => DkimAlgorithm.Ed25519Sha256;

    public override int Bits => 0;

    protected override byte[] PublicKey { get; }

    /// <summary>Makes a key of its seed; null where this machine has no such library, or it does not do Ed25519.</summary>
    public static OpenSslEd25519? TryMake(ReadOnlySpan<byte> seed)
    {
        if (_calls.Value is not { } calls || seed.Length != SeedOctets)
        {
            return null;
        }

        var key = calls.NewKey(seed);
        if (key == 0)
        {
            return null;
        }

        var publicKey = new byte[32];
        nuint length = 32;
        int ok;
        fixed (byte* into = publicKey)
        {
            ok = calls.GetPublicKey(key, into, &length);
        }

        calls.FreeKey(key);
        return ok == 1 && length == 32 ? new OpenSslEd25519(seed.ToArray(), publicKey) : null;
    }

    public override byte[] Sign(ReadOnlySpan<byte> hash)
    {
        var calls = _calls.Value!;
        var signature = new byte[SignatureOctets];
        nuint length = SignatureOctets;
        var key = calls.NewKey(_seed);
        var context = key == 0 ? 0 : calls.NewContext();
        var ok = 0;
        if (context != 0 && calls.SignInit(context, null, 0, 0, key) == 1)
        {
            fixed (byte* into = signature, from = hash)
            {
                ok = calls.SignOnce(context, into, &length, from, (nuint)hash.Length);
            }
        }

        calls.FreeContext(context);
        calls.FreeKey(key);
        return ok == 1 && length == SignatureOctets ? signature : throw new CryptographicException("OpenSSL did not sign by Ed25519");
    }

    /// <summary>The functions of libcrypto, 1.1.1 or 3.</summary>
    private sealed class Calls
    {
        private delegate* unmanaged<int, nint, byte*, nuint, nint> _newKey;

        public delegate* unmanaged<nint, byte*, nuint*, int> GetPublicKey { get; private set; }

        public delegate* unmanaged<nint, void> FreeKey { get; private set; }

        public delegate* unmanaged<nint> NewContext { get; private set; }

        public delegate* unmanaged<nint, void> FreeContext { get; private set; }

        public delegate* unmanaged<nint, void*, nint, nint, nint, int> SignInit { get; private set; }

        public delegate* unmanaged<nint, byte*, nuint*, byte*, nuint, int> SignOnce { get; private set; }

        public nint NewKey(ReadOnlySpan<byte> seed)
        {
            fixed (byte* octets = seed)
            {
                return _newKey(KeyType, 0, octets, (nuint)seed.Length);
            }
        }

        /// <summary>Null: there is no library that has them all.</summary>
        public static Calls? Find()
        {
            if (!OperatingSystem.IsLinux())
            {
                return null;
            }

            foreach (var name in (ReadOnlySpan<string>)["libcrypto.so.3", "libcrypto.so.1.1"])
            {
                if (NativeLibrary.TryLoad(name, out var library) && Of(library) is { } calls)
                {
                    return calls;
                }
            }

            return null;
        }

        private static Calls? Of(nint library) =>
            NativeLibrary.TryGetExport(library, "EVP_PKEY_new_raw_private_key", out var newKey)
            && NativeLibrary.TryGetExport(library, "EVP_PKEY_get_raw_public_key", out var getPublic)
            && NativeLibrary.TryGetExport(library, "EVP_PKEY_free", out var freeKey)
            && NativeLibrary.TryGetExport(library, "EVP_MD_CTX_new", out var newContext)
            && NativeLibrary.TryGetExport(library, "EVP_MD_CTX_free", out var freeContext)
            && NativeLibrary.TryGetExport(library, "EVP_DigestSignInit", out var init)
            && NativeLibrary.TryGetExport(library, "EVP_DigestSign", out var sign)
                ? new Calls
                {
                    _newKey = (delegate* unmanaged<int, nint, byte*, nuint, nint>)newKey,
                    GetPublicKey = (delegate* unmanaged<nint, byte*, nuint*, int>)getPublic,
                    FreeKey = (delegate* unmanaged<nint, void>)freeKey,
                    NewContext = (delegate* unmanaged<nint>)newContext,
                    FreeContext = (delegate* unmanaged<nint, void>)freeContext,
                    SignInit = (delegate* unmanaged<nint, void*, nint, nint, nint, int>)init,
                    SignOnce = (delegate* unmanaged<nint, byte*, nuint*, byte*, nuint, int>)sign,
                }
                : null;
    }
}
