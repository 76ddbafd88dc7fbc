import uuid

from django.db import migrations, models


def give_uids(apps, schema_editor):
    rows = apps.get_model('dashboard', 'Connection').objects
    for pk in rows.filter(uid=None).values_list('pk', flat=True):
        rows.filter(pk=pk).update(uid=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0018_adoption'),
    ]

    operations = [
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('kid', models.CharField(max_length=64, unique=True)),
                ('public', models.JSONField()),
                ('sealed', models.TextField(editable=False)),
                ('created_at', models.DateTimeField()),
                ('active_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='connection',
            name='uid',
            field=models.UUIDField(default=None, editable=False, null=True),
        ),
        migrations.RunPython(give_uids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='connection',
            name='uid',
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
