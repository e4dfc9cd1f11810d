// Node's path.
(function () {
  'use strict';

  const paths = (sep) => {
    const isWindows = sep === '\\';
    const split = isWindows ? /[\\/]+/ : /\/+/;
    const isSep = (letter) => letter === '/' || (isWindows && letter === '\\');
    const rootOf = (text) => {
      const drive = isWindows ? (/^[A-Za-z]:/.exec(text) || [''])[0] : '';
      return drive + (isSep(text[drive.length]) ? sep : '');
    };
    const string = (text) => {
      if (typeof text !== 'string') {
        const error = new TypeError(`The "path" argument must be of type string. Received ${text === null ? 'null' : typeof text}`);
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      return text;
    };
    const normal = (parts, isAbsolute) => {
      const kept = [];
      for (const part of parts) {
        if (part === '..') {
          if (kept.length > 0 && kept[kept.length - 1] !== '..') {
            kept.pop();
          } else if (!isAbsolute) {
            kept.push(part);
          }
        } else if (part !== '' && part !== '.') {
          kept.push(part);
        }
      }
      return kept;
    };
    const own = {
      sep, delimiter: isWindows ? ';' : ':',
      isAbsolute: (text) => /[\\/]$/.test(rootOf(string(text))),
      normalize(text) {
        const root = rootOf(string(text)), rest = text.slice(root.length);
        const kept = normal(rest.split(split), own.isAbsolute(text)).join(sep);
        const end = kept !== '' && isSep(text[text.length - 1]) ? sep : '';
        return root + kept + end || '.';
      },
      join(...given) {
        const joined = given.filter((part) => string(part) !== '').join(sep);
        return joined === '' ? '.' : own.normalize(joined);
      },
      resolve(...given) {
        let whole = '';
        for (const part of [...given].reverse()) {
          if (string(part) !== '') {
            whole = whole === '' ? part : `${part}${sep}${whole}`;
          }
          if (whole !== '' && own.isAbsolute(whole)) {
            break;
          }
        }
        whole = own.isAbsolute(whole) ? whole : `${isWindows ? 'C:' : ''}${sep}${whole}`;
        const made = own.normalize(whole);
        return made.length > rootOf(made).length && isSep(made[made.length - 1]) ? made.slice(0, -1) : made;
      },
      dirname(text) {
        const root = rootOf(string(text));
        const parts = text.slice(root.length).replace(/[\\/]+$/, (end) => (isWindows || !end.includes('\\') ? '' : end)).split(isWindows ? /[\\/]/ : '/');
        parts.pop();
        const kept = parts.join(sep).replace(isWindows ? /[\\/]+$/ : /\/+$/, '');
        return root + kept || '.';
      },
      basename(text, end) {
        const rest = string(text).slice(rootOf(text).length).split(split).filter((part) => part !== '');
        const name = rest[rest.length - 1] ?? '';
        return end && name !== end && name.endsWith(end) ? name.slice(0, -end.length) : name;
      },
      extname(text) {
        const name = own.basename(text), at = name.lastIndexOf('.');
        return at <= 0 || /^\.+$/.test(name) ? '' : name.slice(at);
      },
      relative(from, to) {
        const [one, other] = [own.resolve(from), own.resolve(to)].map((path) => path.split(split).filter((part) => part !== ''));
        let same = 0;
        while (same < one.length && same < other.length && one[same] === other[same]) {
          same += 1;
        }
        return [...one.slice(same).map(() => '..'), ...other.slice(same)].join(sep);
      },
      parse(text) {
        const base = own.basename(text), ext = own.extname(text), dir = own.dirname(text);
        return { root: rootOf(text), dir: dir === '.' && !/^\.[\\/]/.test(text) ? '' : dir, base, ext,
          name: ext ? base.slice(0, -ext.length) : base };
      },
      format(given) {
        const dir = given.dir || given.root, base = given.base || `${given.name || ''}${given.ext || ''}`;
        return !dir ? base : dir === given.root ? dir + base : dir + sep + base;
      },
      toNamespacedPath: (text) => text,
    };
    return own;
  };
  const path = paths('/');
  path.posix = path;
  path.win32 = paths('\\');
  path.win32.win32 = path.win32;
  path.win32.posix = path;

  return path;
})
