// The profile that a user gets: what the built-in mapper of ad-edge makes, in JavaScript.
module.exports = function (raw) {
  // The first value of the first of these attributes that has one.
  function first(names) {
    return names.map(function (name) {
      return [].concat(raw[name])[0];
    }).filter(Boolean)[0];
  }
  var profile = {
    id: first(['objectGUID', 'uid', 'cn']),
    displayName: raw.displayName,
    name: { familyName: raw.sn, givenName: raw.givenName },
    nickname: first(['sAMAccountName', 'cn', 'commonName']),
    groups: raw.groups
  };
  if (raw.mail) {
    profile.emails = [].concat(raw.mail).map(function (address) {
      return { value: address };
    });
  }
  ['dn', 'st', 'description', 'postalCode', 'telephoneNumber', 'distinguishedName', 'co', 'department',
    'company', 'mailNickname', 'sAMAccountName', 'sAMAccountType', 'userPrincipalName', 'manager',
    'organizationUnits'].forEach(function (name) {
    profile[name] = raw[name];
  });
  return profile;
};
