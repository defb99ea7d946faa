using System.Collections.Frozen;

namespace ActorSmtp.Protocol.Mime;

/// <summary>What a file's ending says it is. Unknown endings are application/octet-stream.</summary>
public static class MediaTypes
{
    public const string Unknown = "application/octet-stream";

    private static readonly FrozenDictionary<string, string> ByEnding = new Dictionary<string, string>
    {
        ["7z"] = "application/x-7z-compressed",
        ["aac"] = "audio/aac",
        ["avi"] = "video/x-msvideo",
        ["avif"] = "image/avif",
        ["bmp"] = "image/bmp",
        ["bz2"] = "application/x-bzip2",
        ["c"] = "text/x-csrc",
        ["cs"] = "text/plain",
        ["css"] = "text/css",
        ["csv"] = "text/csv",
        ["diff"] = "text/x-diff",
        ["doc"] = "application/msword",
        ["docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ["eml"] = "message/rfc822",
        ["epub"] = "application/epub+zip",
        ["flac"] = "audio/flac",
        ["gif"] = "image/gif",
        ["gz"] = "application/gzip",
        ["heic"] = "image/heic",
        ["htm"] = "text/html",
        ["html"] = "text/html",
        ["ico"] = "image/vnd.microsoft.icon",
        ["ics"] = "text/calendar",
        ["jpeg"] = "image/jpeg",
        ["jpg"] = "image/jpeg",
        ["js"] = "text/javascript",
        ["json"] = "application/json",
        ["log"] = "text/plain",
        ["m4a"] = "audio/mp4",
        ["md"] = "text/markdown",
        ["mkv"] = "video/x-matroska",
        ["mov"] = "video/quicktime",
        ["mp3"] = "audio/mpeg",
        ["mp4"] = "video/mp4",
        ["odp"] = "application/vnd.oasis.opendocument.presentation",
        ["ods"] = "application/vnd.oasis.opendocument.spreadsheet",
        ["odt"] = "application/vnd.oasis.opendocument.text",
        ["ogg"] = "audio/ogg",
        ["p7m"] = "application/pkcs7-mime",
        ["p7s"] = "application/pkcs7-signature",
        ["patch"] = "text/x-diff",
        ["pdf"] = "application/pdf",
        ["png"] = "image/png",
        ["ppt"] = "application/vnd.ms-powerpoint",
        ["pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ["ps"] = "application/postscript",
        ["py"] = "text/x-python",
        ["rtf"] = "application/rtf",
        ["sh"] = "application/x-sh",
        ["svg"] = "image/svg+xml",
        ["tar"] = "application/x-tar",
        ["tgz"] = "application/gzip",
        ["tif"] = "image/tiff",
        ["tiff"] = "image/tiff",
        ["txt"] = "text/plain",
        ["vcf"] = "text/vcard",
        ["wav"] = "audio/x-wav",
        ["webm"] = "video/webm",
        ["webp"] = "image/webp",
        ["xls"] = "application/vnd.ms-excel",
        ["xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ["xml"] = "application/xml",
        ["xz"] = "application/x-xz",
        ["yaml"] = "application/yaml",
        ["yml"] = "application/yaml",
        ["zip"] = "application/zip",
        ["zst"] = "application/zstd",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type for a file name, by what follows its last dot, without case.</summary>
    public static string ForFile(string fileName)
    {
        var dot = fileName.LastIndexOf('.');
        return dot < 0 ? Unknown : ByEnding.GetValueOrDefault(fileName[(dot + 1)..], Unknown);
    }
}
