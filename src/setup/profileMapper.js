// The profile that a user gets: what the built-in mapper of ad-edge makes, in JavaScript.
module.exports = function (raw) {
  var profile = {
    id: raw.objectGUID || raw.uid || raw.cn,
    displayName: raw.displayName,
    name: { familyName: raw.sn, givenName: raw.givenName },
    nickname: raw.sAMAccountName || raw.cn || raw.commonName,
    groups: raw.groups
  };
  if (raw.mail) {
    profile.emails = [{ value: raw.mail }];
  }
  ['dn', 'st', 'description', 'postalCode', 'telephoneNumber', 'distinguishedName', 'co', 'department',
    'company', 'mailNickname', 'sAMAccountName', 'sAMAccountType', 'userPrincipalName', 'manager',
    'organizationUnits'].forEach(function (name) {
    profile[name] = raw[name];
  });
  return profile;
};
