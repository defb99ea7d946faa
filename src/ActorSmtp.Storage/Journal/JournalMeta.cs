using System.Text.Json;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// <c>journal/meta</c>: for people, not read by the program. How the journal is made and what the last start found.
/// </summary>
internal static class JournalMeta
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Write(IDiskDirectory directory, RecoveryReport report, StorageSettings settings, bool sync)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                Format = 1,
                settings.SegmentSize,
                settings.Preallocate,
                Sync = settings.Sync.ToString().ToLowerInvariant(),
                LastRecovery = report,
            },
            Readable);
        WholeFile.Replace(directory, "meta", [.. text, (byte)'\n'], sync);
    }
}

