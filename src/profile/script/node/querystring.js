// Node's querystring.
(function (buffer) {
  'use strict';
  const { Buffer } = buffer;

  const isObject = (value) => value !== null && typeof value === 'object';

  const unescape = (text) => {
    try {
      return decodeURIComponent(text);
    } catch (_) {
      const raw = text.replace(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(parseInt(hex, 16)));
      return Buffer.from(raw, 'latin1').toString();
    }
  };
  const escape = (text) => encodeURIComponent(Buffer.from(String(text)).toString());
  const plainValue = (value) => {
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'number':
        return isFinite(value) ? String(value) : '';
      default:
        return '';
    }
  };
  const querystring = {
    escape, unescape,
    stringify(given, separator, equals, options) {
      const own = (options && options.encodeURIComponent) || querystring.escape;
      const eq = equals || '=';
      return !isObject(given) ? '' : Object.keys(given).flatMap((name) => {
        const values = Array.isArray(given[name]) ? given[name] : [given[name]];
        return values.map((value) => own(plainValue(name)) + eq + own(plainValue(value)));
      }).join(separator || '&');
    },
    parse(text, separator, equals, options) {
      const found = Object.create(null);
      const most = options && typeof options.maxKeys === 'number' ? options.maxKeys : 1000;
      const own = (options && options.decodeURIComponent) || querystring.unescape;
      const eq = equals || '=';
      if (typeof text !== 'string' || text === '') {
        return found;
      }
      let pairs = text.split(separator || '&');
      pairs = most > 0 ? pairs.slice(0, most) : pairs;
      for (const pair of pairs.filter((one) => one !== '')) {
        const at = pair.indexOf(eq), plus = (part) => own(part.replace(/\+/g, ' '));
        const name = plus(at < 0 ? pair : pair.slice(0, at)), value = at < 0 ? '' : plus(pair.slice(at + eq.length));
        if (name in found) {
          found[name] = [].concat(found[name], value);
        } else {
          found[name] = value;
        }
      }
      return found;
    },
  };
  querystring.encode = querystring.stringify;
  querystring.decode = querystring.parse;

  return querystring;
})
