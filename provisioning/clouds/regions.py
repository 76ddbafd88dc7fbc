"""The regions of the clouds: name → where it is. Loads no part of their SDKs."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

# Azure's SDK ships no table: https://learn.microsoft.com/en-us/azure/reliability/regions-list
AZURE_REGIONS = {
    "australiacentral": "Australia Central (Canberra)",
    "australiacentral2": "Australia Central 2 (Canberra)",
    "australiaeast": "Australia East (New South Wales)",
    "australiasoutheast": "Australia Southeast (Victoria)",
    "austriaeast": "Austria East (Vienna)",
    "belgiumcentral": "Belgium Central (Brussels)",
    "brazilsouth": "Brazil South (São Paulo)",
    "brazilsoutheast": "Brazil Southeast (Rio)",
    "canadacentral": "Canada Central (Toronto)",
    "canadaeast": "Canada East (Quebec)",
    "centralindia": "Central India (Pune)",
    "centralus": "Central US (Iowa)",
    "chilecentral": "Chile Central (Santiago)",
    "denmarkeast": "Denmark East (Copenhagen)",
    "eastasia": "East Asia (Hong Kong)",
    "eastus": "East US (Virginia)",
    "eastus2": "East US 2 (Virginia)",
    "francecentral": "France Central (Paris)",
    "francesouth": "France South (Marseille)",
    "germanynorth": "Germany North (Berlin)",
    "germanywestcentral": "Germany West Central (Frankfurt)",
    "indonesiacentral": "Indonesia Central (Jakarta)",
    "israelcentral": "Israel Central",
    "italynorth": "Italy North (Milan)",
    "japaneast": "Japan East (Tokyo, Saitama)",
    "japanwest": "Japan West (Osaka)",
    "jioindiacentral": "Jio India Central (Nagpur)",
    "jioindiawest": "Jio India West (Jamnagar)",
    "koreacentral": "Korea Central (Seoul)",
    "koreasouth": "Korea South (Busan)",
    "malaysiawest": "Malaysia West (Kuala Lumpur)",
    "mexicocentral": "Mexico Central (Querétaro)",
    "newzealandnorth": "New Zealand North (Auckland)",
    "northcentralus": "North Central US (Illinois)",
    "northeurope": "North Europe (Ireland)",
    "norwayeast": "Norway East (Oslo)",
    "norwaywest": "Norway West (Stavanger)",
    "polandcentral": "Poland Central (Warsaw)",
    "qatarcentral": "Qatar Central (Doha)",
    "southafricanorth": "South Africa North (Johannesburg)",
    "southafricawest": "South Africa West (Cape Town)",
    "southcentralus": "South Central US (Texas)",
    "southeastasia": "Southeast Asia (Singapore)",
    "southindia": "South India (Chennai)",
    "spaincentral": "Spain Central (Madrid)",
    "swedencentral": "Sweden Central (Gävle)",
    "switzerlandnorth": "Switzerland North (Zurich)",
    "switzerlandwest": "Switzerland West (Geneva)",
    "uaecentral": "UAE Central (Abu Dhabi)",
    "uaenorth": "UAE North (Dubai)",
    "uksouth": "UK South (London)",
    "ukwest": "UK West (Cardiff)",
    "westcentralus": "West Central US (Wyoming)",
    "westeurope": "West Europe (Netherlands)",
    "westindia": "West India (Mumbai)",
    "westus": "West US (California)",
    "westus2": "West US 2 (Washington)",
    "westus3": "West US 3 (Phoenix)",
}

# Google's SDK ships no table: https://cloud.google.com/about/locations
GOOGLE_REGIONS = {
    "africa-south1": "Johannesburg",
    "asia-east1": "Taiwan",
    "asia-east2": "Hong Kong",
    "asia-northeast1": "Tokyo",
    "asia-northeast2": "Osaka",
    "asia-northeast3": "Seoul",
    "asia-south1": "Mumbai",
    "asia-south2": "Delhi",
    "asia-southeast1": "Singapore",
    "asia-southeast2": "Jakarta",
    "asia-southeast3": "Bangkok",
    "australia-southeast1": "Sydney",
    "australia-southeast2": "Melbourne",
    "europe-central2": "Warsaw",
    "europe-north1": "Finland",
    "europe-north2": "Stockholm",
    "europe-southwest1": "Madrid",
    "europe-west1": "Belgium",
    "europe-west2": "London",
    "europe-west3": "Frankfurt",
    "europe-west4": "Netherlands",
    "europe-west6": "Zurich",
    "europe-west8": "Milan",
    "europe-west9": "Paris",
    "europe-west10": "Berlin",
    "europe-west12": "Turin",
    "me-central1": "Doha",
    "me-central2": "Dammam",
    "me-west1": "Tel Aviv",
    "northamerica-northeast1": "Montréal",
    "northamerica-northeast2": "Toronto",
    "northamerica-south1": "Querétaro",
    "southamerica-east1": "São Paulo",
    "southamerica-west1": "Santiago",
    "us-central1": "Iowa",
    "us-east1": "South Carolina",
    "us-east4": "Northern Virginia",
    "us-east5": "Columbus",
    "us-south1": "Dallas",
    "us-west1": "Oregon",
    "us-west2": "Los Angeles",
    "us-west3": "Salt Lake City",
    "us-west4": "Las Vegas",
}


@cache
def aws_regions() -> dict[str, str]:
    """{"eu-west-1": "Europe (Ireland)", …}, of all partitions, from the SDK's own table."""
    table = json.loads((files("botocore") / "data" / "partitions.json").read_text("utf-8"))
    regions = {
        name: region.get("description", name)
        for partition in table["partitions"]
        for name, region in partition["regions"].items()
        if not name.endswith("-global")  # a name for services without regions
    }
    return dict(sorted(regions.items()))
