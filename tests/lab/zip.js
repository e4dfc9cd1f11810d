// The AD/LDAP Connector's zips, by the library that it uses:
//   node zip.js make ARCHIVE FOLDER     its export: four files of FOLDER
//   node zip.js take ARCHIVE FOLDER     its import: these four, by their names
const fs = require('fs');
const path = require('path');
const AdmZip = require('adm-zip');

const NAMES = ['config.json', 'lib/profileMapper.js', 'certs/cert.pem', 'certs/cert.key'];
const [what, archive, folder] = process.argv.slice(2);

if (what === 'make') {
  const zip = new AdmZip();
  for (const name of NAMES) {
    zip.addFile(name, fs.readFileSync(path.join(folder, name)));
  }
  zip.writeZip(archive);
} else {
  const zip = new AdmZip(archive);
  for (const name of NAMES) {
    if (!zip.getEntry(name)) {
      throw new Error(`${name} is not in ${archive}`);
    }
    zip.extractEntryTo(name, folder, true, true);
  }
  console.log(zip.getEntries().length);
}
