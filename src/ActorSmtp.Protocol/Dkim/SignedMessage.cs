using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>
/// A message on its way past, for the signatures in it: its header is kept (bounded), of its body the hashes that these signatures need, each kind once. What is held
/// does not grow with the body.
/// </summary>
public sealed class SignedMessage : IDisposable
{
    internal const string DkimField = "DKIM-Signature";
    internal const string ArcField = "ARC-Message-Signature";

    /// <summary>Of a header with more fields no signature is verified: no honest one has so many, and each costs an object.</summary>
    private const int MostFields = 2000;

    private readonly DkimOptions _options;
    private readonly HeaderCollector _collector;
    private readonly List<(DkimSignature? Signature, HeaderField Field, string Problem)> _signatures = [];
    private readonly Dictionary<(Canonicalization, long?), BodyHash> _bodies = [];
    private readonly List<(Canonicalization, long?)> _wanted = [];
    private readonly Func<HeaderList, IEnumerable<Canonicalization>>? _forms;
    private Dictionary<(Canonicalization, long?), (byte[] Hash, long Octets)>? _hashes;
    private HeaderList? _header;
    private HiddenFields? _behind;
    private bool _hidesAuthor;

    /// <param name="options">What is verified.</param>
    /// <param name="forms">Hashes of the body that are wanted beside those of the signatures in it: for signing.</param>
    public SignedMessage(DkimOptions options, params ReadOnlySpan<Canonicalization> forms)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _collector = new HeaderCollector(options.MostHeaderOctets);
        foreach (var form in forms)
        {
            _wanted.Add((form, null));
        }
    }

    /// <param name="options">What is verified.</param>
    /// <param name="forms">Asked once the header is known, unless it is too long: hashes of the body that are wanted beside those of the signatures in it.</param>
    public SignedMessage(DkimOptions options, Func<HeaderList, IEnumerable<Canonicalization>> forms)
        : this(options) => _forms = forms;

    /// <summary>The header's fields; there once the message was whole.</summary>
    public HeaderList Header => _header ?? throw new InvalidOperationException("The message is not whole yet.");

    /// <summary>The header as it came, octet for octet, with the empty line behind it; there once the message was whole.</summary>
    public ReadOnlyMemory<byte> Head => _collector.Raw;

    /// <summary>The header is longer, or has more fields, than is looked at: nothing can be said of signatures.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Where a From field stands that some readers show and we do not, in words; null: nowhere. Known once the message is whole.</summary>
    public string? HiddenAuthor =>
        _behind?.Found == true ? "a From field stands behind a line that is no field" : _hidesAuthor ? "a From field stands behind a bare CR" : null;

    /// <summary>DKIM signatures beyond those that are verified.</summary>
    public int Surplus { get; private set; }

    /// <summary>The DKIM signatures, those that cannot be read too, the topmost first.</summary>
    internal IEnumerable<(DkimSignature? Signature, HeaderField Field, string Problem)> DkimSignatures => _signatures.Where(s => s.Field.NameIs(DkimField));

    /// <summary>The message signatures of ARC.</summary>
    internal IEnumerable<(DkimSignature? Signature, HeaderField Field, string Problem)> ArcSignatures => _signatures.Where(s => s.Field.NameIs(ArcField));

    /// <summary>The header is over, and nothing of the body is needed: there is no signature in it.</summary>
    public bool NeedsNoMore => _header is not null && _bodies.Count == 0 && _behind is null or { IsOver: true } or { Found: true };

    /// <summary>Memory that is held, about.</summary>
    public int HeldOctets => _collector.HeldOctets + (_header is null ? 0 : _header.Count * 200) + (_bodies.Count * 5000);

    /// <summary>Takes the next piece of the message.</summary>
    public void Take(ReadOnlySpan<byte> content)
    {
        if (_header is null)
        {
            var progress = _collector.Append(content, out var consumed);
            if (progress == HeaderProgress.NeedsMore)
            {
                return;
            }

            content = content[consumed..];
            EndHeader();
        }

        _behind?.Take(content);
        foreach (var body in _bodies.Values)
        {
            body.Take(content);
        }
    }

    /// <summary>The message was whole.</summary>
    public SignedMessage Complete()
    {
        if (_header is null)
        {
            _collector.End();
            EndHeader();
        }

        _hashes ??= _bodies.ToDictionary(b => b.Key, b => (b.Value.Complete(), b.Value.Octets));
        return this;
    }

    public void Dispose()
    {
        foreach (var body in _bodies.Values)
        {
            body.Dispose();
        }
    }

    /// <summary>The message is whole, and the hash of its body in this form, all of it, is there.</summary>
    public bool HasForm(Canonicalization form) => _hashes?.ContainsKey((form, null)) == true;

    /// <summary>The hash of the whole body in a form that was asked for.</summary>
    /// <exception cref="InvalidOperationException">The message is not whole yet.</exception>
    public byte[] BodyHash(Canonicalization how) => Body(how, null).Hash;

    /// <summary>The hash of the body, and the octets of its canonical form.</summary>
    internal (byte[] Hash, long Octets) Body(Canonicalization how, long? most) =>
        (_hashes ?? throw new InvalidOperationException("The message is not whole yet."))[(how, most)];

    private void EndHeader()
    {
        _header = _collector.Headers(new MimeLimits(0, 0, MostFields + 1, int.MaxValue));
        IsTooLong = _collector.Progress == HeaderProgress.TooLong || _header.Count > MostFields;
        if (_collector.BodyPrefix is { IsEmpty: false } broken)
        {
            _behind = new HiddenFields();
            _behind.Take(broken.Span);
        }

        var arcs = 0;
        foreach (var field in _header)
        {
            _hidesAuthor |= HiddenFields.HidesOne(field);
            var isArc = field.NameIs(ArcField);
            if (!isArc && !field.NameIs(DkimField))
            {
                continue;
            }

            if (isArc ? ++arcs > Arc.ArcLimits.MostSets : DkimSignatures.Count() == _options.MostSignatures)
            {
                Surplus += isArc ? 0 : 1;
                continue;
            }

            var signature = DkimSignature.TryParse(field, isArc, out var problem);
            _signatures.Add((signature, field, problem));
            if (signature is not null && !IsTooLong)
            {
                _wanted.Add((signature.BodyForm, signature.BodyLength));
            }
        }

        if (_forms is not null && !IsTooLong)
        {
            _wanted.AddRange(_forms(_header).Select(form => (form, (long?)null)));
        }

        foreach (var (form, most) in _wanted.Distinct())
        {
            _bodies.Add((form, most), new Dkim.BodyHash(form, most));
        }

        foreach (var body in _bodies.Values)
        {
            body.Take(_collector.BodyPrefix.Span);
        }
    }
}
