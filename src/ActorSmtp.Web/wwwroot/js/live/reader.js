// What a part of the page shows is read every two seconds while somebody looks at it. Where nothing could be read yet it says what is wrong;
// what is shown already stays while the server cannot be reached, for the head of the page says that.
import { fill, h } from '../dom.js';
import { trouble } from '../notices.js';

const every = 2000;

export class Reader {
  /** `read` answers a promise of what `show` shows in `table`; `note` is to be put behind that. */
  constructor(read, show, table) {
    Object.assign(this, { read, show, table });
    this.note = h('div.padded', { hidden: true });
  }

  /** From now on, until `stop`; only while `element` is seen. */
  start(element) {
    this.timer = setInterval(() => { if (!document.hidden && element.isConnected && element.offsetParent) this.again(); }, every);
    this.again();
  }

  stop() { clearInterval(this.timer); }

  async again() {
    if (this.reading) return;
    this.reading = true;
    try {
      this.show(await this.read());
      this.hasShown = true;
      this.note.hidden = true;
      this.table.hidden = false;
    } catch (problem) {
      if (problem.status === 501) this.stop();
      if (this.hasShown && problem.status === 0) return;
      this.table.hidden = !this.hasShown;
      this.note.hidden = false;
      fill(this.note, trouble(problem, () => this.again()));
    } finally {
      this.reading = false;
    }
  }
}
