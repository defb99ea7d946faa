// The login of a console that others can reach. Accounts are the server's own, marked as admin.
import { login } from '../api.js';
import { fill, h, s } from '../dom.js';
import * as events from '../events.js';
import { loggedIn } from '../app.js';

export function open(place, query) {
  events.stop();
  const mistake = h('p.notice.bad', { role: 'alert', hidden: true });
  const user = h('input.input', { id: 'user', name: 'user', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true });
  const password = h('input.input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const button = h('button.button.primary', { type: 'submit' }, 'Log in');
  const form = h('form.card.login', { onsubmit: async (e) => {
    e.preventDefault();
    if (!user.value || !password.value) { (user.value ? password : user).focus(); return; }
    button.disabled = true;
    mistake.hidden = true;
    try {
      await login(user.value, password.value);
      await loggedIn(next(query));
    } catch (problem) {
      mistake.textContent = problem.code === 'wrong-login' ? 'This name and password do not belong to an account that may administer the server.' : problem.message;
      mistake.hidden = false;
      password.value = '';
      password.focus();
    } finally {
      button.disabled = false;
    }
  } },
  h('h1', null, s('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d: 'M3 6h18v13H3zM3 7l9 7 9-7' })), 'ActorSmtp'),
  mistake,
  h('div.field', null, h('label', { for: 'user' }, 'Account'), user),
  h('div.field', null, h('label', { for: 'password' }, 'Password'), password),
  button,
  h('p.soft', null, 'No account yet? On the server:'),
  h('code.hint-command', null, 'actorsmtp user add NAME --admin'));
  fill(place, h('div.login-place', null, form));
  user.focus();
  return {};
}

/** Only to a page of our own: never to an address somebody else has put into the link. */
function next(query) {
  const wanted = query.get('next') ?? '/inbox';
  return /^\/(?![/\\])/.test(wanted) && !wanted.startsWith('/api/') ? wanted : '/inbox';
}
