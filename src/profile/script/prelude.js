// What a mapper written for Node.js finds around it. Evaluated once in each context; gives the functions that make a
// mapper of a script, run it, and go on with its timers.
(function (native, make) {
  'use strict';
  const stringify = JSON.stringify, parse = JSON.parse;

  // What the script asked for and cannot have, also where it caught that.
  let lacks = null;
  const absent = (what) => {
    const error = new Error(what);
    error.code = 'ERR_NOT_HERE';
    lacks ??= describe(error);
    return error;
  };

  const buffer = make.buffer(native);
  const { Buffer } = buffer;
  // What a module of Node's has and this one has not: says so when it is called, not before.
  const lacking = (name, own, others) => {
    for (const other of others) {
      own[other] = function () {
        throw absent(`${name}.${other} of Node.js is not here`);
      };
    }
    return own;
  };

  const built = { util: make.util(buffer, lacking), crypto: make.crypto(native, buffer, absent, lacking),
    querystring: make.querystring(buffer), path: make.path() };
  built.url = make.url(native, built.querystring, lacking);
  const { inspect, format } = built.util;

  const shown = (value) => {
    if (typeof value === 'string') {
      return value;
    }
    if (value instanceof Error) {
      return inspect(value);
    }
    try {
      return stringify(value) ?? String(value);
    } catch (_) {
      return inspect(value);
    }
  };
  const said = (values) => (typeof values[0] === 'string' && values[0].includes('%') ? format(...values)
    : values.map(shown).join(' '));
  const line = (level) => (...values) => native.log(level, said(values));
  const nothing = () => {};
  const console = {
    log: line('info'), info: line('info'), debug: line('debug'), warn: line('warn'), error: line('error'),
    trace: line('debug'), dir: line('info'), table: line('info'), dirxml: line('info'),
    assert(holds, ...values) {
      if (!holds) {
        native.log('error', `Assertion failed ${said(values)}`.trim());
      }
    },
    group: nothing, groupCollapsed: nothing, groupEnd: nothing, time: nothing, timeEnd: nothing, timeLog: nothing,
    count: nothing, countReset: nothing, clear: nothing,
  };

  const placeIn = (stack) => {
    const place = /([\w@.][\w@./-]*\.c?js):(\d+)/.exec(stack ?? '') ?? /()<input>:(\d+)/.exec(stack ?? '');
    return place ? ` (${place[1] || 'profileMapper.js'}:${place[2]})` : '';
  };
  const describe = (error) => {
    if (!(error instanceof Error)) {
      return shown(error);
    }
    return `${error.name}: ${error.message}${placeIn(error.stack)}`;
  };

  // Timers, in the order in which they are due. Nobody waits: when nothing else is left to do, the next one's time
  // has come.
  let timers = [], now = 0, count = 0;
  class Timer {
    constructor(call, after, given, every) {
      if (typeof call !== 'function') {
        const error = new TypeError('The "callback" argument must be of type function');
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      count += 1;
      this.id = count;
      this.call = call;
      this.given = given;
      this.every = every;
      const pause = Math.trunc(Number(after));
      this.pause = pause >= 1 && pause <= 0x7fffffff ? pause : after === null ? 0 : 1;
      this.due = now + this.pause;
      timers.push(this);
    }
    ref() {
      return this;
    }
    unref() {
      return this;
    }
    hasRef() {
      return true;
    }
    refresh() {
      this.due = now + this.pause;
      return this;
    }
    close() {
      clear(this);
      return this;
    }
    [Symbol.toPrimitive]() {
      return this.id;
    }
  }
  const clear = (timer) => {
    timers = timers.filter((own) => own !== timer && own.id !== timer);
  };
  const setTimeout = (call, after, ...given) => new Timer(call, after ?? 1, given, false);
  const setInterval = (call, after, ...given) => new Timer(call, after ?? 1, given, true);
  const setImmediate = (call, ...given) => new Timer(call, null, given, false);
  const nextTick = (call, ...given) => {
    Promise.resolve().then(() => {
      try {
        call(...given);
      } catch (error) {
        thrown(error);
      }
    });
  };
  const wait = (after, value) => new Promise((resolve) => setTimeout(resolve, after, value));
  const timersModule = { setTimeout, setInterval, setImmediate, clearTimeout: clear, clearInterval: clear,
    clearImmediate: clear, promises: { setTimeout: wait, setImmediate: (value) => wait(null, value) } };

  // What is under way: where an error of a timer belongs.
  let current = null;
  const thrown = (error) => {
    if (current !== null) {
      settle(current, error ?? 'it threw nothing');
    }
  };

  const process = {
    env: {}, argv: ['node'], argv0: 'node', execArgv: [], platform: 'linux', arch: 'x64', pid: 1, title: 'node',
    version: 'v20.0.0', versions: { node: '20.0.0' }, release: { name: 'node' }, exitCode: undefined,
    cwd: () => '/', uptime: () => 0, umask: () => 0o77,
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    hrtime: Object.assign((before) => {
      const time = Date.now(), whole = [Math.floor(time / 1000), (time % 1000) * 1e6];
      return before ? [whole[0] - before[0], whole[1] - before[1]] : whole;
    }, { bigint: () => BigInt(Date.now()) * 1000000n }),
    nextTick, emitWarning: nothing,
    stdout: { write: (text) => (native.log('info', String(text)), true), isTTY: false },
    stderr: { write: (text) => (native.log('error', String(text)), true), isTTY: false },
    exit() {
      throw absent('the mapper calls process.exit, which is not here');
    },
  };
  for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'emit']) {
    process[name] = () => process;
  }

  const put = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  const globals = { Buffer, console, process, setTimeout, setInterval, setImmediate, clearTimeout: clear,
    clearInterval: clear, clearImmediate: clear, URL: built.url.URL, URLSearchParams: built.url.URLSearchParams,
    TextEncoder: buffer.TextEncoder, TextDecoder: buffer.TextDecoder, atob: buffer.atob, btoa: buffer.btoa,
    queueMicrotask: (call) => nextTick(call), global: globalThis, crypto: built.crypto };
  for (const name of Object.keys(globals)) {
    put(name, globals[name]);
  }

  // Modules: those of Node.js that are built in, and files beside the mapper. Its folder is /lib here.
  const FOLDER = '/lib';
  const modules = { ...built, process, buffer: { ...buffer, lettersOf: undefined, over: undefined },
    timers: timersModule, 'timers/promises': timersModule.promises, 'path/posix': built.path,
    'path/win32': built.path.win32, 'util/types': built.util.types };
  const cache = Object.create(null);
  const requireFrom = (from, parent) => {
    const find = (name) => {
      if (typeof name !== 'string') {
        throw new TypeError('The "id" argument must be of type string');
      }
      const plain = name.replace(/^node:/, '');
      if (Object.prototype.hasOwnProperty.call(modules, plain)) {
        return plain;
      }
      let asked = name, folder = from;
      if (name === FOLDER || name.startsWith(`${FOLDER}/`)) {
        [asked, folder] = [`.${name.slice(FOLDER.length)}`, ''];
      }
      const found = native.module(folder, asked);
      if (found === null || found === undefined) {
        const error = absent(`the mapper calls require(${stringify(name)}), which is not here: of Node.js there are ` +
          'buffer, crypto (hashes), path, querystring, timers, url and util, and files beside the mapper');
        error.code = 'MODULE_NOT_FOUND';
        throw error;
      }
      return found;
    };
    const require = (name) => {
      const found = find(name);
      if (typeof found === 'string') {
        return modules[found];
      }
      const [file, text] = found;
      if (cache[file]) {
        return cache[file].exports;
      }
      const filename = `${FOLDER}/${file.replace(/^(\.\.\/)+/, '')}`;
      const own = { exports: {}, id: filename, filename, loaded: false, children: [], paths: [], parent };
      cache[file] = own;
      try {
        if (/\.json$/i.test(file)) {
          try {
            own.exports = parse(text.replace(/^\ufeff/, ''));
          } catch (error) {
            throw new SyntaxError(`${file}: ${error.message}`);
          }
        } else {
          const folderOf = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
          const call = native.compile(text, file);
          const folder = filename.slice(0, filename.lastIndexOf('/'));
          call.call(own.exports, own.exports, own, requireFrom(folderOf, own), filename, folder);
        }
      } catch (error) {
        delete cache[file];
        throw error;
      }
      own.loaded = true;
      return own.exports;
    };
    require.resolve = (name) => {
      const found = find(name);
      return typeof found === 'string' ? found : `${FOLDER}/${found[0]}`;
    };
    require.cache = {};
    require.extensions = {};
    require.main = undefined;
    return require;
  };

  const MAIN = `${FOLDER}/profileMapper.js`;
  const module = { exports: {}, id: MAIN, filename: MAIN, loaded: false, children: [], paths: [], parent: null };
  const require = requireFrom('', module);

  const isProfile = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) &&
    !(value instanceof Timer);
  const isPromise = (value) => value !== null && typeof value === 'object' && typeof value.then === 'function';

  const settle = (state, error, profile) => {
    if (state.done) {
      return;
    }
    state.done = true;
    if (error !== null && error !== undefined && error !== false) {
      state.error = describe(error);
      state.code = error instanceof Error ? String(error.code ?? error.name) : undefined;
    } else if (!isProfile(profile)) {
      state.error = 'it gave no object as the profile';
    } else {
      try {
        state.text = stringify(profile);
      } catch (error) {
        state.error = describe(error);
      }
    }
  };

  // The profile that a call gave by its end: it counts where no callback does.
  const give = (state, mapper, given) => {
    if (isPromise(given)) {
      state.waits = true;
      given.then((value) => {
        if (isProfile(value)) {
          settle(state, null, value);
        } else {
          state.waits = state.waits && mapper.length > 1;
          state.given = value;
        }
      }, (error) => settle(state, error ?? 'a promise was rejected'));
    } else if (mapper.length > 1) {
      state.waits = true;
      state.given = given;
    } else if (isProfile(given)) {
      settle(state, null, given);
    } else {
      state.given = given;
    }
  };

  return {
    load(script) {
      current = null;
      const given = script.call(module.exports, module.exports, module, require, MAIN, FOLDER);
      if (typeof module.exports !== 'function' && typeof given === 'function') {
        module.exports = given;
      }
      module.loaded = true;
      return typeof module.exports === 'function';
    },

    run(text, pictures) {
      const state = { done: false, waits: false };
      timers = [];
      lacks = null;
      current = state;
      try {
        const raw = parse(text), mapper = module.exports;
        for (const name of Object.keys(pictures)) {
          raw[name] = Buffer.from(pictures[name]);
        }
        give(state, mapper, mapper(raw, (error, profile) => settle(state, error, profile)));
      } catch (error) {
        settle(state, error ?? 'it threw nothing');
      }
      return state;
    },

    // Runs the timer that is due next; false when there is none.
    next(withIntervals) {
      const able = withIntervals ? timers : timers.filter((timer) => !timer.every);
      if (able.length === 0) {
        return false;
      }
      const timer = able.reduce((first, one) => (one.due < first.due ? one : first));
      now = Math.max(now, timer.due);
      if (timer.every) {
        timer.due = now + timer.pause;
      } else {
        timers = timers.filter((own) => own !== timer);
      }
      try {
        timer.call(...timer.given);
      } catch (error) {
        thrown(error);
      }
      return true;
    },

    // Nothing is left to do.
    end(state) {
      if (!state.done && isProfile(state.given)) {
        settle(state, null, state.given);
      } else if (!state.done) {
        state.done = true;
        state.error = state.waits
          ? 'it ended without giving a profile: its callback was never called, or its promise never settles'
          : 'it gave no object as the profile';
      }
    },

    lacks: () => lacks ?? undefined,
  };
})
