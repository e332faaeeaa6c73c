/** An address as a person types it, without what nobody may read in a cell. */

export interface Login {
  address: string;
  user: string;
  /** a secret alone stood in it: the cell asks for one again */
  hasToken: boolean;
}

/** Options that may stay; of any other, its value may be a secret. */
const OPTION = /^(secure|tls)=\w*$/i;

export function loginOf(typed: string): Login {
  const [, scheme = '', rest = ''] = /^([^:/?@]*:\/\/)?(.*)$/s.exec(typed.trim()) ?? [];
  // a store of the tab asks nobody to log in, and its name may be any
  if (/^milvus:\/\/(memory|local)([/?]|$)/i.test(scheme + rest)) {
    return { address: scheme + rest, user: '', hasToken: false };
  }
  // an option of a secret is one to its end, whatever stands in it
  const at = rest.search(/[?&](token|password|passwd|pwd|secret|api_?key)=/i);
  const secret = at < 0 ? '' : rest.slice(at);
  const open = at < 0 ? rest : rest.slice(0, at);
  // as the kernel reads it, the last @ ends who enters: a password may hold one, and a slash
  const end = open.lastIndexOf('@');
  const login = open.slice(0, Math.max(0, end));
  const [place = '', ...options] = open.slice(end + 1).split(/[?&]/);
  const kept = options.filter(option => OPTION.test(option));
  const named = login.includes(':') ? login.slice(0, login.indexOf(':')) : '';
  return {
    address: `${scheme}${place}${kept.length > 0 ? `?${kept.join('&')}` : ''}`,
    user: named === '' ? '' : decoded(named),
    hasToken: named === '' && (login !== '' || secret !== '')
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
