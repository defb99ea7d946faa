using System.Buffers.Binary;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Milter;

/// <summary>What a filter answered: a verdict, or one of the changes that it asks for before its verdict at the end of a message.</summary>
public abstract record MilterReply
{
    private MilterReply()
    {
    }

    /// <summary>A verdict of one word: continue, accept, reject, defer, discard, skip, shut down; or a sign of life (<see cref="MilterWord.Progress"/>).</summary>
    public sealed record Plain(MilterWord Word) : MilterReply;

    /// <summary>No, in the filter's own words: 4xx or 5xx.</summary>
    public sealed record Refusal(Reply Reply) : MilterReply;

    /// <summary>A header field, behind the others (<paramref name="Index"/> null), or at a place (0: in front of all).</summary>
    public sealed record NewHeader(uint? Index, string Name, byte[] Value) : MilterReply;

    /// <summary>The nth field of that name (from 1) gets another value; an empty one: it goes.</summary>
    public sealed record ChangedHeader(uint Index, string Name, byte[] Value) : MilterReply;

    /// <summary>A piece of what stands in the body's place.</summary>
    public sealed record BodyPiece(byte[] Octets) : MilterReply;

    /// <summary>One more recipient.</summary>
    /// <param name="Parameters">Of its RCPT, as in SMTP; empty: none.</param>
    public sealed record NewRecipient(string Address, string Parameters) : MilterReply;

    /// <summary>One recipient less.</summary>
    public sealed record LostRecipient(string Address) : MilterReply;

    /// <summary>Another sender.</summary>
    /// <param name="Parameters">Of its MAIL, as in SMTP; empty: none.</param>
    public sealed record NewSender(string Address, string Parameters) : MilterReply;

    /// <summary>The message is to be put where its recipients do not see it.</summary>
    public sealed record Quarantine(string Reason) : MilterReply;

    /// <summary>Whether it is one of the changes, which only have a place at the end of a message.</summary>
    public bool IsChange => this is not (Plain or Refusal);

    /// <summary>Which of what was negotiated allows this; <see cref="MilterActions.None"/>: nothing has to.</summary>
    public MilterActions Needs => this switch
    {
        NewHeader => MilterActions.AddHeaders,
        ChangedHeader => MilterActions.ChangeHeaders,
        BodyPiece => MilterActions.ChangeBody,
        NewRecipient { Parameters.Length: > 0 } => MilterActions.AddRecipientsWithParameters,
        NewRecipient => MilterActions.AddRecipients,
        LostRecipient => MilterActions.DeleteRecipients,
        NewSender => MilterActions.ChangeSender,
        Quarantine => MilterActions.Quarantine,
        _ => MilterActions.None,
    };

    /// <summary>Reads a packet; null: it is none of the protocol's, or not as the protocol has it.</summary>
    public static MilterReply? Parse(byte word, ReadOnlySpan<byte> data)
    {
        switch ((MilterWord)word)
        {
            case MilterWord.Accept or MilterWord.Continue or MilterWord.Discard or MilterWord.Reject or MilterWord.TemporaryFailure or MilterWord.Skip
                or MilterWord.Progress or MilterWord.ShutDown or MilterWord.ConnectionFailure:
                return data.IsEmpty ? new Plain((MilterWord)word) : null;

            case MilterWord.ReplyCode:
                return MilterReplyCode.TryRead(data, out var reply) ? new Refusal(reply) : null;

            case MilterWord.AddHeader:
                return TextOf(ref data, out var added) && OctetsOf(ref data, out var value) && data.IsEmpty ? new NewHeader(null, added, value) : null;

            case MilterWord.InsertHeader:
                return IndexOf(ref data, out var at) && TextOf(ref data, out var inserted) && OctetsOf(ref data, out value) && data.IsEmpty ? new NewHeader(at, inserted, value) : null;

            case MilterWord.ChangeHeader:
                return IndexOf(ref data, out at) && TextOf(ref data, out var changed) && OctetsOf(ref data, out value) && data.IsEmpty ? new ChangedHeader(at, changed, value) : null;

            case MilterWord.ReplaceBody:
                return new BodyPiece(data.ToArray());

            case MilterWord.AddRecipient:
                return TextOf(ref data, out var to) && data.IsEmpty ? new NewRecipient(to, "") : null;

            case MilterWord.AddRecipientWithParameters:
                return AddressOf(data, out to, out var parameters) ? new NewRecipient(to, parameters) : null;

            case MilterWord.DeleteRecipient:
                return TextOf(ref data, out to) && data.IsEmpty ? new LostRecipient(to) : null;

            case MilterWord.ChangeSender:
                return AddressOf(data, out to, out parameters) ? new NewSender(to, parameters) : null;

            case MilterWord.Quarantine:
                return TextOf(ref data, out var reason) && data.IsEmpty ? new Quarantine(reason) : null;

            default:
                return null;
        }
    }

    /// <summary>An address, and maybe parameters behind it.</summary>
    private static bool AddressOf(ReadOnlySpan<byte> data, out string address, out string parameters)
    {
        parameters = "";
        return TextOf(ref data, out address) && (data.IsEmpty || (TextOf(ref data, out parameters) && data.IsEmpty));
    }

    private static bool IndexOf(ref ReadOnlySpan<byte> data, out uint index)
    {
        index = 0;
        if (data.Length < 4)
        {
            return false;
        }

        index = BinaryPrimitives.ReadUInt32BigEndian(data);
        data = data[4..];
        return index <= int.MaxValue;
    }

    private static bool TextOf(ref ReadOnlySpan<byte> data, out string text)
    {
        var isWhole = OctetsOf(ref data, out var octets);
        text = Encoding.UTF8.GetString(octets);
        return isWhole;
    }

    private static bool OctetsOf(ref ReadOnlySpan<byte> data, out byte[] octets)
    {
        var nul = data.IndexOf((byte)0);
        octets = nul < 0 ? [] : data[..nul].ToArray();
        data = nul < 0 ? data : data[(nul + 1)..];
        return nul >= 0;
    }
}
