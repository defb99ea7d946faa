using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Routing;

/// <summary>What every answer says to a browser: run nothing that is not ours, show us in no frame, tell nobody where you were.</summary>
internal static class SecurityHeaders
{
    /// <summary>For the pages. Scripts are files of our own, text never becomes HTML by itself (trusted types).</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
        + "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>For everything that is data: if a browser shows it as a page all the same, that page can do nothing.</summary>
    public const string DataPolicy = "default-src 'none'; sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    public static void Put(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = DataPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["X-DNS-Prefetch-Control"] = "off";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), clipboard-read=()";
    }
}
