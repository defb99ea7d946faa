using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ActorSmtp.Transport;

/// <summary>
/// Has OpenSSL give back its two record buffers (some 33 KiB together) whenever a connection has nothing in them: most connections of a mail
/// server wait. OpenSSL does that only if it is told to (SSL_MODE_RELEASE_BUFFERS), and the framework does not tell it and gives no way to.
/// </summary>
/// <remarks>
/// So the handle is taken from where the framework keeps it. If a coming framework keeps it elsewhere, or another library does its TLS, this
/// does nothing, and an idle connection costs what it would without; a test says so then. docs/decisions/0007 weighs it.
/// </remarks>
internal static unsafe class OpenSslBuffers
{
    private const int SetMode = 33;             // SSL_CTRL_MODE
    private const nint ReleaseBuffers = 0x10;   // SSL_MODE_RELEASE_BUFFERS
    private const int AlreadyLoaded = 0x2 | 0x4;    // RTLD_NOW | RTLD_NOLOAD

    private static readonly FieldInfo? _context =
        typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);

    private static readonly Lazy<nint> _control = new(FindControl);

    /// <summary>Tells it, after the handshake. True if it took it.</summary>
    public static bool ReleaseWhenIdle(SslStream ssl)
    {
        if (!OperatingSystem.IsLinux() || _context?.GetValue(ssl) is not SafeHandle { IsInvalid: false, IsClosed: false } handle
            || handle.GetType().Name != "SafeSslHandle" || _control.Value == 0)
        {
            return false;
        }

        var taken = false;
        try
        {
            handle.DangerousAddRef(ref taken);
            var modes = ((delegate* unmanaged<nint, int, nint, nint, nint>)_control.Value)(handle.DangerousGetHandle(), SetMode, ReleaseBuffers, 0);
            return (modes & ReleaseBuffers) != 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (taken)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>
    /// SSL_ctrl of the library that is loaded: it is asked for without loading it, so another version than the one that made the handle is
    /// never called; and where two are loaded, none is.
    /// </summary>
    private static nint FindControl()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        nint found = 0;
        for (var i = 0; i < 2; i++)
        {
            fixed (byte* name = i == 0 ? "libssl.so.3\0"u8 : "libssl.so.1.1\0"u8)
            {
                var library = Linux.dlopen(name, AlreadyLoaded);
                if (library != 0 && found != 0)
                {
                    return 0;
                }

                if (library != 0)
                {
                    NativeLibrary.TryGetExport(library, "SSL_ctrl", out found);
                }
            }
        }

        return found;
    }
}
