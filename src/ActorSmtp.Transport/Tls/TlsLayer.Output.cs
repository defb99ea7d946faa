namespace ActorSmtp.Transport;

/// <summary>What the owner writes, until it is flushed: clear text that becomes records in one go.</summary>
internal sealed partial class TlsLayer
{
    private readonly Lock _writing = new();
    private byte[]? _plain;
    private int _plainEnd;
    private bool _inFlight;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            while (!bytes.IsEmpty && !_closed)
            {
                _plain ??= _raw.Lane.Rent(0);
                if (_plainEnd == _plain.Length && (_inFlight || !_isSecured))
                {
                    if (_plainEnd >= _raw.OutputLimit)
                    {
                        _raw.End(CloseReason.PeerDoesNotRead, "output limit");
                        return;
                    }

                    Array.Resize(ref _plain, _plain.Length * 2);
                }

                var now = Math.Min(bytes.Length, _plain.Length - _plainEnd);
                bytes[..now].CopyTo(_plain.AsSpan(_plainEnd));
                _plainEnd += now;
                bytes = bytes[now..];
                if (_plainEnd >= Math.Min(_plain.Length, _raw.SendAt))
                {
                    FlushLocked();
                }
            }
        }
    }

    public void Flush()
    {
        lock (_writing)
        {
            FlushLocked();
        }
    }

    /// <summary>Sends close_notify behind what was written.</summary>
    public void SayGoodbye()
    {
        lock (_writing)
        {
            if (!_isSecured || _closed || _inFlight)
            {
                return;
            }

            try
            {
                // The stream below never makes a write wait, so this is done when it returns.
                _ = _ssl.ShutdownAsync();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It ends without a farewell.
            }
        }
    }

    private void FlushLocked()
    {
        if (_plainEnd == 0 || !_isSecured || _inFlight)
        {
            return;
        }

        if (_closed)
        {
            _plainEnd = 0;
            return;
        }

        var plain = _plain!;
        var count = _plainEnd;
        _plain = null;
        _plainEnd = 0;
        try
        {
            var write = _ssl.WriteAsync(plain.AsMemory(0, count));
            if (write.IsCompleted)
            {
                write.GetAwaiter().GetResult();
                _raw.Lane.Return(plain);
            }
            else
            {
                _inFlight = true;
                _ = FinishAsync(write, plain);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            _raw.End(CloseReason.TlsFailed, Innermost(e));
        }
    }

    /// <summary>The rare write that waits (for a renegotiation of keys): what is written meanwhile goes after it.</summary>
    private async Task FinishAsync(ValueTask write, byte[] plain)
    {
        try
        {
            await write.ConfigureAwait(false);
            _raw.Lane.Return(plain);
        }
        catch (Exception e)
        {
            _raw.End(CloseReason.TlsFailed, Innermost(e));
        }

        lock (_writing)
        {
            _inFlight = false;
            FlushLocked();
        }

        _raw.RawFlush();
    }
}
