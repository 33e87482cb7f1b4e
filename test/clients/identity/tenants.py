"""Makes a domain with an owner, users and a project by the identity service at the address given; prints who is who, as JSON."""
import json
import sys
import time

from spaceone.core import pygrpc

PASSWORD = 'Passw0rd!'

identity = pygrpc.client(endpoint=sys.argv[1], version='v1')
domain_id = identity.Domain.create({'name': f'tests-{time.time()}'}).domain_id
identity.DomainOwner.create({'owner_id': 'owner', 'password': PASSWORD, 'domain_id': domain_id})


def token_of(user_id, user_type):
    asked = {'user_id': user_id, 'user_type': user_type, 'domain_id': domain_id}
    return identity.Token.issue({**asked, 'credentials': {'password': PASSWORD}}).access_token


owner = token_of('owner', 'DOMAIN_OWNER')


def made(resource, **fields):
    return getattr(identity, resource).create({**fields, 'domain_id': domain_id}, metadata=(('token', owner),))


policy = made('Policy', name='jobs', permissions=['inventory.*']).policy_id
policies = [{'policy_type': 'CUSTOM', 'policy_id': policy}]
group = made('ProjectGroup', name='group').project_group_id
project = made('Project', name='project', project_group_id=group).project_id


def user(name, role_type=None, **where):
    user_id = f'{name}@example.org'
    made('User', user_id=user_id, name=name, password=PASSWORD, backend='LOCAL', user_type='USER')
    if role_type is not None:
        role = made('Role', name=name, role_type=role_type, policies=policies).role_id
        made('RoleBinding', resource_type='identity.User', resource_id=user_id, role_id=role, **where)
    return token_of(user_id, 'USER')


print(json.dumps({
    'domain': domain_id,
    'project': project,
    'owner': owner,
    'ofDomain': user('of-domain', 'DOMAIN'),
    'ofProject': user('of-project', 'PROJECT', project_id=project),
    'ofNothing': user('of-nothing'),
    'apiKey': made('APIKey', user_id='of-domain@example.org').api_key,
}))
