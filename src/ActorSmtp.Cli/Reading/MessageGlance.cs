using ActorSmtp.Protocol.Mime;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Reading;

/// <summary>A message in a list: what its header says, read without its body.</summary>
internal sealed record MessageGlance(int Number, string Key, string? Id, DateTimeOffset DeliveredAt, long Octets, bool Unseen, string Flags, string From, string Subject)
{
    private const int MaxHeader = 256 * 1024;


    public static async Task<MessageGlance> OfAsync(IMailboxStore store, string account, MailboxMessage message, int number, CancellationToken cancellation)
    {
        var header = await HeaderAsync(store, account, message, cancellation).ConfigureAwait(false);
        var from = header is null ? null : AddressParser.Flatten(header.From).FirstOrDefault();
        return new MessageGlance(
            number, message.Key, message.Id, message.DeliveredAt, message.Octets, message.Unseen, message.Flags,
            from is null ? "" : string.IsNullOrEmpty(from.Name) ? from.Address : from.Name,
            header?.Subject ?? "");
    }

    private static async Task<HeaderList?> HeaderAsync(IMailboxStore store, string account, MailboxMessage message, CancellationToken cancellation)
    {
        var content = await store.OpenAsync(account, message.Key, cancellation).ConfigureAwait(false);
        if (content is null)
        {
            return null;
        }

        await using (content.ConfigureAwait(false))
        {
            var collector = new HeaderCollector(MaxHeader);
            var buffer = new byte[4096];
            for (int read; collector.Progress == HeaderProgress.NeedsMore && (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                collector.Append(buffer.AsSpan(0, read), out _);
            }

            collector.End();
            return collector.Headers(MimeLimits.Ample);
        }
    }
}
